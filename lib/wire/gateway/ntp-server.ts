// RFC 5905: Network Time Protocol Version 4, the server
import { ntpModes, ntpPort, ntpTimestamp, parseNtp, writeNtp } from '../formats/ntp';
import type { Host } from './host';
import type { Surroundings } from './surroundings';

/** A clock that nobody has set by a better one: as far from a reference as still counts as set. */
const stratum = 10;
/** 127.127.1.0: the computer's own clock. */
const referenceId = 0x7f7f0100;
/** 2^-10 s: a millisecond, which is what browsers tell. */
const precision = -10;

/** Tells machines the time of the computer that the page runs on. */
export function serveNtp(host: Host, surroundings: Pick<Surroundings, 'unixMs'>): void {
  host.bind(ntpPort, ({ payload, source, sourcePort }) => {
    const { header: request, fault } = parseNtp(payload);
    if (fault || request.mode !== ntpModes.client) return;
    const now = ntpTimestamp(surroundings.unixMs());
    const answer = writeNtp({
      leap: 0,
      version: request.version,
      mode: ntpModes.server,
      stratum,
      poll: request.poll,
      precision,
      rootDelay: 0,
      rootDispersion: 0x0100,
      referenceId,
      referenceTimestamp: now,
      originTimestamp: request.transmitTimestamp,
      receiveTimestamp: now,
      transmitTimestamp: now,
    });
    host.sendUdp({ sourcePort: ntpPort, destination: source, destinationPort: sourcePort }, answer);
  });
}
