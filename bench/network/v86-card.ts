import type { AssetSource } from '../../lib/machine/platform';
import type { V86Machine, V86Module, V86Options } from '../../lib/machine/v86-surface';

/**
 * Machines as everywhere, but with v86's own network card on v86's own network, `inbrowser`: a BroadcastChannel that all
 * machines are on. What is measured with it differs in nothing else.
 */
export function withV86Card(assets: AssetSource): AssetSource {
  return {
    ...assets,
    importModule: async (artifact) => {
      const imported = await assets.importModule(artifact);
      return artifact.name === 'v86' ? keepCard(imported as V86Module) : imported;
    },
  };
}

function keepCard({ V86: Base }: V86Module): V86Module {
  return {
    V86: class extends Base {
      constructor(options: V86Options) {
        const net_device = { type: 'virtio', mtu: 1500, relay_url: 'inbrowser' };
        super({ ...options, net_device } as unknown as V86Options);
      }

      override async continue_init(machine: V86Machine, options: unknown): Promise<void> {
        const init = machine.init.bind(machine);
        machine.init = (settings) => {
          init(settings);
          refuseOtherCards(machine);
        };
        return super.continue_init(machine, options);
      }
    },
  };
}

/** The machine's own card is made all the same, out of nothing, and put where nobody looks. */
function refuseOtherCards({ cpu: { devices } }: V86Machine): void {
  const { virtio_net } = devices;
  Object.defineProperty(devices, 'virtio_net', { get: () => virtio_net, set: () => {} });
  Object.defineProperty(devices.virtio_console.virtio, 'constructor', { value: AbsentVirtio });
}

class AbsentVirtio {
  readonly queues = [];
  readonly device_status = 0;
  reset(): void {}
}
