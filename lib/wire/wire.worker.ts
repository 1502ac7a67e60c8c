import { CoreWire } from './core-wire';
import type { FromWire, ToWire } from './protocol';
import { realTime, unixNs } from './real-time';
import { serveWire } from './wire-server';

const wire = new CoreWire({ time: realTime(), random: () => Math.random(), unixNs });
const serve = serveWire(wire, (message: FromWire, transfer = []) => self.postMessage(message, { transfer }));

self.onmessage = ({ data }: MessageEvent<ToWire>) => serve(data);
