// IEEE 802.1Q
import type { Frame } from '../frame';
import {
  csumStartAt,
  flagNeedsCsum,
  flagsAt,
  hdrLenAt,
  headerBytes,
  read16le,
  write16le,
} from '../frame-header';

const tagBytes = 4;
const addressBytes = 12;
/** In a frame with its virtio header. */
const tpidAt = headerBytes + addressBytes;
const tciAt = tpidAt + 2;

export const mostVlan = 4094;

export function isTagged(frame: Frame): boolean {
  return frame[tpidAt] === 0x81 && frame[tpidAt + 1] === 0x00 && frame.length >= tpidAt + tagBytes + 2;
}

/** 0 when the tag is about priority only. */
export function tagOf(frame: Frame): number {
  return (((frame[tciAt] as number) & 0x0f) << 8) | (frame[tciAt + 1] as number);
}

/** Keeps the priority. */
export function setTag(frame: Frame, vlan: number): void {
  frame[tciAt] = ((frame[tciAt] as number) & 0xf0) | (vlan >> 8);
  frame[tciAt + 1] = vlan;
}

/** The same frame with a tag, in the room before it or a buffer of its own. */
export function pushTag(frame: Frame, vlan: number): Frame {
  let tagged: Frame;
  if (frame.byteOffset >= tagBytes) {
    tagged = new Uint8Array(frame.buffer, frame.byteOffset - tagBytes, frame.length + tagBytes);
    tagged.copyWithin(0, tagBytes, tagBytes + tpidAt);
  } else {
    tagged = new Uint8Array(frame.length + tagBytes);
    tagged.set(frame.subarray(0, tpidAt));
    tagged.set(frame.subarray(tpidAt), tpidAt + tagBytes);
  }
  tagged[tpidAt] = 0x81;
  tagged[tpidAt + 1] = 0x00;
  tagged[tciAt] = vlan >> 8;
  tagged[tciAt + 1] = vlan;
  shiftOffsets(tagged, tagBytes);
  return tagged;
}

/** The same frame without its tag, in the same buffer. */
export function popTag(frame: Frame): Frame {
  frame.copyWithin(tagBytes, 0, tpidAt);
  const untagged = frame.subarray(tagBytes);
  shiftOffsets(untagged, -tagBytes);
  return untagged;
}

/** What the virtio header says about places in the frame. */
function shiftOffsets(frame: Frame, by: number): void {
  if (((frame[flagsAt] as number) & flagNeedsCsum) === 0) return;
  write16le(frame, csumStartAt, read16le(frame, csumStartAt) + by);
  const headers = read16le(frame, hdrLenAt);
  if (headers > 0) write16le(frame, hdrLenAt, headers + by);
}
