// https://docs.oasis-open.org/virtio/virtio/v1.3/virtio-v1.3.html#x1-2340001 (5.1, network device)
import { VIRTIO_F_EVENT_IDX, VIRTIO_F_INDIRECT_DESC } from './split-virtqueue';
import type { V86VirtioOptions } from './v86-surface';

export const VIRTIO_NET_F_CSUM = 0;
export const VIRTIO_NET_F_GUEST_CSUM = 1;
export const VIRTIO_NET_F_MTU = 3;
export const VIRTIO_NET_F_MAC = 5;
export const VIRTIO_NET_F_GUEST_TSO4 = 7;
export const VIRTIO_NET_F_GUEST_ECN = 9;
export const VIRTIO_NET_F_HOST_TSO4 = 11;
export const VIRTIO_NET_F_HOST_ECN = 13;
export const VIRTIO_NET_F_MRG_RXBUF = 15;
export const VIRTIO_NET_F_STATUS = 16;
export const VIRTIO_NET_F_CTRL_VQ = 17;
export const VIRTIO_NET_F_CTRL_MAC_ADDR = 23;
export const VIRTIO_F_VERSION_1 = 32;
/** Not of the specification, and known to our kernel only (images/kernel/patches): `gsoVxlan` of lib/wire. */
export const VIRTIO_NET_F_GUEST_VXLAN_TSO4 = 46;
export const VIRTIO_NET_F_HOST_VXLAN_TSO4 = 48;

export const VIRTIO_NET_S_LINK_UP = 1;
export const VIRTIO_CONFIG_S_DRIVER_OK = 4;
export const VIRTIO_ISR_QUEUE = 1;

export const VIRTIO_NET_CTRL_MAC = 1;
export const VIRTIO_NET_CTRL_MAC_ADDR_SET = 1;
export const VIRTIO_NET_OK = 0;
export const VIRTIO_NET_ERR = 1;

export const receiveq = 0;
export const transmitq = 1;
export const controlq = 2;
export const dataQueueSize = 1024;
export const controlQueueSize = 16;

/** What the card offers its driver. Two that offer the same can continue each other's guests. */
const features = [
  VIRTIO_NET_F_CSUM,
  VIRTIO_NET_F_GUEST_CSUM,
  VIRTIO_NET_F_MTU,
  VIRTIO_NET_F_MAC,
  VIRTIO_NET_F_GUEST_TSO4,
  VIRTIO_NET_F_GUEST_ECN,
  VIRTIO_NET_F_HOST_TSO4,
  VIRTIO_NET_F_HOST_ECN,
  VIRTIO_NET_F_MRG_RXBUF,
  VIRTIO_NET_F_STATUS,
  VIRTIO_NET_F_CTRL_VQ,
  VIRTIO_NET_F_CTRL_MAC_ADDR,
  VIRTIO_F_INDIRECT_DESC,
  VIRTIO_F_EVENT_IDX,
  VIRTIO_F_VERSION_1,
  VIRTIO_NET_F_GUEST_VXLAN_TSO4,
  VIRTIO_NET_F_HOST_VXLAN_TSO4,
];

export interface NetworkDevice {
  /** What the driver reads as `mac` at that moment. */
  mac: Uint8Array;
  mtu: number;
  status(): number;
  /** The driver has made buffers available in its receive, transmit, control queue. */
  onBuffers(): void;
  onFrames(): void;
  onControl(): void;
}

/** Where v86's own card would be: the same place on the bus, the same ports. */
export function networkDevice(device: NetworkDevice): V86VirtioOptions {
  const readOnly = () => {};
  const macBytes = Array.from({ length: 6 }, (_, index) => ({
    bytes: 1,
    name: `mac_${index}`,
    read: () => device.mac[index] ?? 0,
    write: readOnly,
  }));
  return {
    name: 'virtio-net',
    pci_id: 0x0a << 3,
    device_id: 0x1041,
    subsystem_device_id: 1,
    common: {
      initial_port: 0xc800,
      queues: [
        { size_supported: dataQueueSize, notify_offset: receiveq },
        { size_supported: dataQueueSize, notify_offset: transmitq },
        { size_supported: controlQueueSize, notify_offset: controlq },
      ],
      features,
      on_driver_ok: () => {},
    },
    notification: {
      initial_port: 0xc900,
      single_handler: false,
      handlers: [() => device.onBuffers(), () => device.onFrames(), () => device.onControl()],
    },
    isr_status: { initial_port: 0xc700 },
    device_specific: {
      initial_port: 0xc600,
      struct: [
        ...macBytes,
        { bytes: 2, name: 'status', read: () => device.status(), write: readOnly },
        { bytes: 2, name: 'max_virtqueue_pairs', read: () => 1, write: readOnly },
        { bytes: 2, name: 'mtu', read: () => device.mtu, write: readOnly },
      ],
    },
  };
}
