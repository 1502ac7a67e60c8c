import { expect, test } from 'vitest';
import { parseAttempt } from './attempts';
import { parseCapabilities } from './capabilities';
import { parseMounts, parseRoot } from './files';
import { outsideId, parseUsers } from './identity';
import { parseUptime } from './kernel';
import { parseInterfaces, parseLinkNeighbours, parseListeners, parsePing, sameNetwork } from './network';
import { parseNamespaces } from './namespaces';
import { parseFilter } from './privileges';
import { parseProcesses, parseSignal, seenFromHost } from './processes';
import { parseControlGroup, parseMemory, parseProcessor } from './resources';

test('capability sets become names, unknown bits numbers', () => {
  // The default of Docker and of `hullrun`.
  expect(parseCapabilities('00000000a80425fb')).toEqual([
    'CHOWN',
    'DAC_OVERRIDE',
    'FOWNER',
    'FSETID',
    'KILL',
    'SETGID',
    'SETUID',
    'SETPCAP',
    'NET_BIND_SERVICE',
    'NET_RAW',
    'SYS_CHROOT',
    'MKNOD',
    'AUDIT_WRITE',
    'SETFCAP',
  ]);
  expect(parseCapabilities('000001ffffffffff')).toHaveLength(41);
  expect(parseCapabilities('8000000000000000')).toEqual(['bit 63']);
  expect(() => parseCapabilities('0xzz')).toThrow('hexadecimal');
});

test('a process name may hold parentheses and blanks', () => {
  const fields = Array.from({ length: 50 }, (_, index) => String(index + 3));
  fields[19] = '150';
  expect(parseUptime('12.50 11.02', `1 (a) b (c) ${fields.join(' ')}`, undefined)).toEqual({
    kernelSeconds: 12.5,
    firstProcessSeconds: 11,
    booted: false,
  });
});

test('mounts: escapes, options of the mount and of the file system', () => {
  const mounts = parseMounts(
    [
      '29 1 0:26 / / rw,relatime - tmpfs tmpfs rw,size=62448k',
      '40 29 0:5 /sys /proc/sys ro,nosuid shared:1 master:2 - proc proc rw',
      '41 29 0:6 / /a\\040b rw - tmpfs none ro',
    ].join('\n'),
  );
  expect(mounts.map(({ point, type, readOnly }) => [point, type, readOnly])).toEqual([
    ['/', 'tmpfs', false],
    ['/proc/sys', 'proc', true],
    ['/a b', 'tmpfs', true],
  ]);
  expect(() => parseMounts('not a mount')).toThrow('mountinfo');
});

test('root: type, size and what lies in it', () => {
  expect(parseRoot('29 1 0:26 / / rw - tmpfs tmpfs rw', '4096 100 50\nbin\netc')).toEqual({
    type: 'tmpfs',
    source: 'tmpfs',
    totalBytes: 409600,
    freeBytes: 204800,
    entries: ['bin', 'etc'],
  });
});

test('user numbers inside and outside of a user namespace', () => {
  const plain = parseUsers(
    'Name:\tsh\nUid:\t0\t0\t0\t0',
    '         0          0 4294967295',
    'root:x:0:0::/:/bin/sh',
  );
  expect(outsideId(plain)).toBe(0);
  expect(plain.names).toEqual(['root']);
  expect(outsideId(parseUsers('Uid:\t5\t5\t5\t5', ' 0 100000 65536', undefined))).toBe(100005);
  expect(outsideId(parseUsers('Uid:\t0\t70000\t0\t0', ' 0 100000 65536', ''))).toBeNull();
});

test('memory, processor and control group, with limits and without', () => {
  expect(parseMemory('MemTotal:         123456 kB\nMemFree: 1 kB', '134217728')).toEqual({
    totalBytes: 123456 * 1024,
    limitBytes: 134217728,
  });
  expect(parseMemory('MemTotal: 1 kB', 'max').limitBytes).toBeNull();
  expect(parseMemory('MemTotal: 1 kB', undefined).limitBytes).toBeNull();
  expect(parseProcessor('processor\t: 0\nmodel name\t: Some CPU', '50000 100000', '39')).toEqual({
    count: 1,
    model: 'Some CPU',
    quota: { usedUs: 50000, periodUs: 100000 },
    weight: 39,
  });
  expect(parseProcessor('processor\t: 0', undefined, undefined)).toEqual({
    count: 1,
    model: 'unknown',
    quota: null,
    weight: null,
  });
  expect(parseControlGroup('0::/', 'cpu memory pids', '256')).toEqual({
    path: '/',
    controllers: ['cpu', 'memory', 'pids'],
    pidsLimit: 256,
  });
  expect(() => parseControlGroup('5:memory:/a', undefined, undefined)).toThrow('version 2');
});

test('seccomp is a mode and a count', () => {
  expect(parseFilter('NoNewPrivs:\t0\nSeccomp:\t2\nSeccomp_filters:\t1')).toEqual({
    mode: 'filter',
    filters: 1,
    noNewPrivileges: false,
  });
  expect(() => parseFilter('Seccomp:\t9')).toThrow('seccomp mode');
});

test('namespaces by name', () => {
  expect(parseNamespaces('4026531835 /proc/self/ns/cgroup\n4026532180 /proc/self/ns/pid')).toEqual(
    new Map([
      ['cgroup', 4026531835],
      ['pid', 4026532180],
    ]),
  );
});

test('the host knows the container’s processes by other numbers', () => {
  const container = parseProcesses(
    '/proc/1/comm:sh\n/proc/9/comm:stat\n90 /proc/1/ns/pid\n90 /proc/9/ns/pid',
  );
  const host = parseProcesses(
    ['/proc/1/comm:init', '/proc/140/comm:sh', '50 /proc/1/ns/pid', '90 /proc/140/ns/pid'].join('\n'),
  );
  expect(seenFromHost({ container, host }).map(({ pid }) => pid)).toEqual([140]);
  expect(seenFromHost({ container: host, host })).toEqual([]);
  expect(seenFromHost({ container, host: undefined })).toEqual([]);
});

test('a signal counts as delivered only to the very process that was meant', () => {
  expect(parseSignal('target\nallowed').result).toBe('delivered');
  expect(parseSignal('nothing\nallowed').result).toBe('no-such-process');
  expect(parseSignal('target\nrefused sh: Operation not permitted')).toEqual({
    result: 'refused',
    said: 'sh: Operation not permitted',
  });
});

test('attempts', () => {
  expect(parseAttempt('allowed')).toEqual({ result: 'allowed' });
  expect(parseAttempt('refused mount: Operation not permitted')).toEqual({
    result: 'refused',
    said: 'mount: Operation not permitted',
  });
  expect(() => parseAttempt('')).toThrow('allowed or refused');
});

test('interfaces with their addresses, a pair’s end told by its name', () => {
  const interfaces = parseInterfaces(
    [
      '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000\\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00',
      '2: eth0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue \\    link/ether 02:42:ac:11:00:02 brd ff:ff:ff:ff:ff:ff',
      '3: eth1: <BROADCAST> mtu 1500 qdisc noop \\    link/ether 02:42:ac:11:00:03 brd ff:ff:ff:ff:ff:ff',
      '1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever',
      '2: eth0    inet 172.17.0.2/16 brd 172.17.255.255 scope global eth0',
    ].join('\n'),
  );
  expect(interfaces).toEqual([
    { name: 'lo', mac: null, addresses: ['127.0.0.1/8'], peer: false, up: true },
    { name: 'eth0', mac: '02:42:ac:11:00:02', addresses: ['172.17.0.2/16'], peer: true, up: true },
    { name: 'eth1', mac: '02:42:ac:11:00:03', addresses: [], peer: false, up: false },
  ]);
});

test('ping: answered with a TTL, silent with a reason', () => {
  expect(
    parsePing('PING 10.0.0.2 (10.0.0.2): 56 data bytes\n64 bytes from 10.0.0.2: seq=0 ttl=63 time=1.0 ms'),
  ).toEqual({
    result: 'answered',
    ttl: 63,
  });
  expect(parsePing('1 packets transmitted, 0 packets received, 100% packet loss')).toEqual({
    result: 'silent',
    said: 'no answer within a second',
  });
  expect(parsePing('ping: sendto: Network is unreachable')).toEqual({
    result: 'silent',
    said: 'ping: sendto: Network is unreachable',
  });
});

test('link neighbours: questions without an answer are nobody', () => {
  expect(
    parseLinkNeighbours(
      [
        'IP address       HW type     Flags       HW address            Mask     Device',
        '172.17.0.1       0x1         0x2         02:42:0a:00:00:01     *        eth0',
        '172.17.0.9       0x1         0x0         00:00:00:00:00:00     *        eth0',
      ].join('\n'),
    ),
  ).toEqual([{ address: '172.17.0.1', mac: '02:42:0a:00:00:01', interface: 'eth0' }]);
});

test('listening ports, each once', () => {
  expect(
    parseListeners(
      [
        '  sl  local_address rem_address   st tx_queue',
        '   0: 00000000:1F90 00000000:0000 0A 00000000:00000000',
        '   1: 0100007F:0050 00000000:0000 0A 00000000:00000000',
        '   2: 0100007F:0050 0100007F:A1B2 01 00000000:00000000',
      ].join('\n'),
    ),
  ).toEqual([80, 8080]);
});

test('addresses of one network', () => {
  expect(sameNetwork('172.17.0.1/16', '172.17.9.3/16')).toBe(true);
  expect(sameNetwork('172.17.0.1/16', '172.18.0.3/16')).toBe(false);
  expect(sameNetwork('10.0.0.1/24', '10.0.0.2/16')).toBe(false);
});
