import { previewFailures } from './failures';
import { previewLimits } from './limits';

const suffix = '.twinhull';

/** What a service of a station is called in the preview: `http://host.twinhull:8080/`. */
export function serviceUrl(station: string, port: number): URL {
  return new URL(`http://${station}${suffix}:${port}/`);
}

/** The name of the station that a host name means; undefined for hosts that are none of ours. */
export function stationOf(hostname: string): string | undefined {
  return hostname.endsWith(suffix) ? hostname.slice(0, -suffix.length) : undefined;
}

/**
 * What somebody typed into the address bar: `:8080`, `8080`, `:8080/path`, `/path`, `host.twinhull/path` or a whole URL.
 * @param here the address that is shown
 * @throws HullError `preview-address`
 */
export function parseAddress(typed: string, here: URL): URL {
  const text = typed.trim();
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
    ? text
    : /^:?\d{1,5}(?:[/?#]|$)/.test(text)
      ? `http://${here.hostname}:${text.replace(/^:/, '')}`
      : /^[/?#]/.test(text)
        ? text
        : `http://${text}`;
  const url = text === '' ? undefined : parse(withScheme, here);
  if (!url || url.href.length > previewLimits.urlCharacters) throw previewFailures.badAddress(text);
  return url;
}

function parse(text: string, here: URL): URL | undefined {
  try {
    return new URL(text, here);
  } catch {
    return undefined;
  }
}

/**
 * As a service's own pages write it: `localhost` in an address is the machine that the page came from, because that is
 * where its author tried it.
 */
export function settle(url: URL, page: URL): URL {
  if (!/^(?:localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)$/.test(url.hostname)) return url;
  const settled = new URL(url);
  settled.hostname = page.hostname;
  return settled;
}
