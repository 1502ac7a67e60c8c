import { PortCounters } from '../counters';
import { type Mac, parseMac } from '../formats/addresses';
import type { Frame, FrameSink } from '../frame';
import { type PortSettings, plainPort } from './port-settings';
import { StormGuard } from './storm-guard';
import { mostVlan } from './vlan-tag';

/** Sees a frame as it is on the cable. It is the switch's: copy what you keep. */
export type PortWatcher = (frame: Frame, direction: 'in' | 'out') => void;

/** What the switch looks at for every frame, unpacked from the settings. */
export class SwitchPort {
  readonly counters = new PortCounters();
  settings: PortSettings = plainPort;
  /** VLAN of frames without a tag; 0 when there is none. */
  untagged = 1;
  /** One byte a VLAN; undefined: all. */
  private members: Uint8Array | undefined;
  /** Longest frame without a tag. */
  longest = plainPort.mtu + 14;
  hairpin = false;
  guard = new StormGuard(plainPort.stormFramesPerSecond);
  allowed: ReadonlySet<Mac> | undefined;
  /** By the loop guard. */
  blocked = false;
  /** Whether something that answers is at the other end of its cable. */
  carrier = true;
  /** It shows other ports' frames. */
  isMirror = false;
  watchers: readonly PortWatcher[] | undefined;

  constructor(
    readonly number: number,
    /** Where frames leave to. */
    readonly output: FrameSink,
  ) {}

  configure(settings: PortSettings): void {
    const { vlans, mtu, stormFramesPerSecond, hairpin, onlyFrom } = settings;
    if (stormFramesPerSecond !== this.settings.stormFramesPerSecond)
      this.guard = new StormGuard(stormFramesPerSecond);
    this.settings = settings;
    this.longest = mtu + 14;
    this.hairpin = hairpin;
    this.allowed = onlyFrom && new Set(onlyFrom.map((mac) => parseMac(mac) ?? -1));
    this.untagged = vlans.type === 'access' ? vlans.vlan : (vlans.native ?? 0);
    const listed = vlans.type === 'access' ? [vlans.vlan] : vlans.vlans;
    this.members = undefined;
    if (listed === 'all') return;
    this.members = new Uint8Array(mostVlan + 2);
    for (const vlan of listed) this.members[vlan] = 1;
    if (this.untagged > 0) this.members[this.untagged] = 1;
  }

  has(vlan: number): boolean {
    return this.members === undefined || this.members[vlan] === 1;
  }

  watch(watcher: PortWatcher): void {
    this.watchers = [...(this.watchers ?? []), watcher];
  }

  unwatch(watcher: PortWatcher): void {
    const others = this.watchers?.filter((one) => one !== watcher) ?? [];
    this.watchers = others.length > 0 ? others : undefined;
  }
}
