/** Which VLANs pass a port, and which of them without a tag (IEEE 802.1Q). */
export type PortVlans =
  /** Untagged in and out, one VLAN: for a machine that knows nothing of VLANs. Frames with another VLAN's tag are dropped. */
  | { type: 'access'; vlan: number }
  /** Tagged, but for the native VLAN, if there is one; `vlans` are the allowed ones. */
  | { type: 'trunk'; native?: number; vlans: 'all' | readonly number[] };

export interface PortSettings {
  vlans: PortVlans;
  /** The longest IP packet; a frame may be 14 bytes longer, and 4 more with a tag. */
  mtu: number;
  /** Frames a second with more than one receiver, or an unknown one, that are let in; 0 for no limit. A loop ends here. */
  stormFramesPerSecond: number;
  /** Whether a frame may leave where it came in: what macvlan's VEPA mode wants of a switch (IEEE 802.1Qbg, reflective relay). */
  hairpin: boolean;
  /** Addresses that may send here; others are dropped as spoofed. Absent: all. */
  onlyFrom?: readonly string[];
}

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
