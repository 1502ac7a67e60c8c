import { z } from 'zod';
import { parseMac } from '../formats/addresses';
import { mostVlan } from './vlan-tag';

const vlan = z.int().min(1).max(mostVlan);

export const portSettingsSchema = z.strictObject({
  /** Which VLANs pass a port, and which of them without a tag (IEEE 802.1Q). */
  vlans: z.discriminatedUnion('type', [
    /** Untagged in and out, one VLAN: for a machine that knows nothing of VLANs. Frames with another VLAN's tag are dropped. */
    z.strictObject({ type: z.literal('access'), vlan }),
    /** Tagged, but for the native VLAN, if there is one; `vlans` are the allowed ones. */
    z.strictObject({
      type: z.literal('trunk'),
      native: vlan.optional(),
      vlans: z.union([z.literal('all'), z.array(vlan).readonly()]),
    }),
  ]),
  /** The longest IP packet; a frame may be 14 bytes longer, and 4 more with a tag. */
  mtu: z.int().min(576).max(65_535),
  /** Frames a second with more than one receiver, or an unknown one, that are let in; 0 for no limit. A loop ends here. */
  stormFramesPerSecond: z.int().min(0).max(1e9),
  /** Whether a frame may leave where it came in: what macvlan's VEPA mode wants of a switch (IEEE 802.1Qbg, reflective relay). */
  hairpin: z.boolean(),
  /** Addresses that may send here; others are dropped as spoofed. Absent: all. */
  onlyFrom: z
    .array(z.string().refine((text) => parseMac(text) !== undefined, 'is no address like 02:00:00:00:00:01'))
    .readonly()
    .optional(),
});
export type PortSettings = z.infer<typeof portSettingsSchema>;

/** What a machine is plugged into unless the lab says otherwise: all VLANs with their tags, and VLAN 1 without. */
export const plainPort: PortSettings = {
  vlans: { type: 'trunk', native: 1, vlans: 'all' },
  mtu: 1500,
  // Ten machines that look for each other are far below, a loop is far above.
  stormFramesPerSecond: 2000,
  hairpin: false,
};

/** A port that shows another one's frames. It takes part in nothing else. */
export interface Mirror {
  from: number;
  to: number;
  direction: 'in' | 'out' | 'both';
}
