/** include/uapi/linux/capability.h, in the order of the bits; without the CAP_ in front, as capabilities(7) sorts them. */
const names = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
];

/** A capability set as /proc/PID/status prints it: hexadecimal. A bit that has no name yet is named by its number. */
export function parseCapabilities(hexadecimal: string): string[] {
  if (!/^[0-9a-f]{1,16}$/i.test(hexadecimal)) {
    throw new Error(
      `Expected a capability set in hexadecimal, got ${JSON.stringify(hexadecimal.slice(0, 40))}.`,
    );
  }
  const bits = BigInt(`0x${hexadecimal}`);
  return Array.from({ length: 64 }, (_, bit) => bit)
    .filter((bit) => (bits >> BigInt(bit)) & 1n)
    .map((bit) => names[bit] ?? `bit ${bit}`);
}
