import { HullError } from '../base/hull-error';
import type { StreamFailures } from '../engine/byte-reader';
import { previewLimits } from './limits';

const megabytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MB`;
const lookAtOutput = 'Look at what the service prints: its terminal, or docker logs.';

/** Whatever keeps a page from being shown, in words for the person who asked for it. */
export const previewFailures = {
  badAddress: (text: string) =>
    new HullError(
      'preview-address',
      `“${text.slice(0, 80)}” is no address of a page.`,
      'Type a port (:8080), a path (/index.html) or both, or an address that begins with http://.',
    ),
  elsewhere: (url: URL) =>
    new HullError(
      'preview-elsewhere',
      `${url.host || url.href.slice(0, 80)} is not in this lab.`,
      'The preview reaches the machines of this page by their names, such as http://host-1.twinhull:8080/.',
    ),
  notHttp: (url: URL) =>
    new HullError(
      'preview-protocol',
      `The preview speaks plain HTTP, not ${url.protocol.replace(/:$/, '')}.`,
      'Open the address with http://, or ask it from the machine’s shell.',
    ),
  badRequest: (what: string) =>
    new HullError('preview-request', `The page asked for what cannot be sent: ${what}.`, 'Mend the page.'),
  malformed: (what: string, cause?: unknown) =>
    new HullError('not-http', `The service did not answer in HTTP: ${what}.`, lookAtOutput, { cause }),
  cutOff: () =>
    new HullError(
      'preview-cut-off',
      'The service closed the connection before its answer was whole.',
      lookAtOutput,
    ),
  tooLarge: (limitBytes: number) =>
    new HullError(
      'preview-too-large',
      `The answer is longer than ${megabytes(limitBytes)}, the most that the preview takes.`,
      'Fetch it in the machine’s shell: wget, or curl -O.',
    ),
  tooMuch: () =>
    new HullError(
      'preview-too-much',
      `The page has asked for more than the preview gives one page: ${megabytes(previewLimits.pageBytes)} or ${previewLimits.requests} requests.`,
      'Load it again to go on.',
    ),
  encoding: (encoding: string) =>
    new HullError(
      'preview-encoding',
      `The answer is packed with ${JSON.stringify(encoding.slice(0, 40))}, for which nobody asked.`,
      'Let the service honour Accept-Encoding.',
    ),
  badlyPacked: (cause: unknown) =>
    new HullError('preview-encoding', 'The answer could not be unpacked.', lookAtOutput, { cause }),
  redirects: () =>
    new HullError(
      'preview-redirects',
      `The service sent the request on ${previewLimits.redirects} times without an answer.`,
      'Two of its addresses send visitors to each other: look at its redirects.',
    ),
  crossOrigin: (url: URL) =>
    new HullError(
      'preview-cross-origin',
      `A script asked ${url.host}, which is another origin than its page’s.`,
      'In the preview scripts reach the service that they came from, and no other.',
    ),
  leaps: () =>
    new HullError(
      'preview-leaps',
      'The page went on from address to address by itself, and was stopped.',
      'Open one of its addresses yourself.',
    ),
  wentAway: () =>
    new HullError(
      'preview-went-away',
      'A script of the page changed its address in a way that the preview cannot follow.',
      'Type where it leads into the address bar.',
    ),
};

/** What a reader of a service's answer throws. */
export const answerFailures: StreamFailures = {
  malformed: previewFailures.malformed,
  cutOff: previewFailures.cutOff,
};
