import { CoreWire } from './core-wire';
import { webOutside } from './gateway/outside';
import type { FromWire, ToWire } from './protocol';
import { realTime, unixNs } from './real-time';
import { serveWire } from './wire-server';

const wire = new CoreWire({
  time: realTime(),
  random: () => Math.random(),
  unixNs,
  outside: webOutside(
    (url, options) => fetch(url, options),
    (url) => new WebSocket(url),
  ),
});
const serve = serveWire(wire, (message: FromWire, transfer = []) => self.postMessage(message, { transfer }));

self.onmessage = ({ data }: MessageEvent<ToWire>) => serve(data);
