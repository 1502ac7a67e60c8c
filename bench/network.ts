import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImages, buildStep } from '../images/build/build-images';
import { traffic } from '../images/build/programs';
import { type StartedMachine, repairIdentity, startHost } from '../lib/fleet/start-machine';
import type { Frame } from '../lib/wire/frame';
import { FramePort, allOffloads } from '../lib/wire/frame-port';
import { Switch } from '../lib/wire/switch/switch';
import { type Bench, type Figure, atLeast, atMost } from './figure';
import { threadParts } from './threads';

const runs = 5;
const port = 5001;
const pings = 50;
const megabytes = { own: 100, v86: 5 } as const;

type Card = keyof typeof megabytes;

/** Two machines, each in a thread of its own, and the switch in this one. */
export const network: Bench = {
  name: 'network',
  async measure(report) {
    await buildImages();
    const program = await readFile(join(await buildStep(traffic), 'usr/bin/hulltraffic'));
    const own = await measureWith('own', program, report);
    const v86 = await measureWith('v86', program, report);
    const ratio = own.speed.map((speed, run) => speed / (v86.speed[run] ?? NaN));
    const figures: Figure[] = [
      {
        name: 'TCP, machine to machine through the switch',
        unit: 'MB/s',
        samples: own.speed,
        target: atLeast(12, 'MB/s'),
      },
      { name: 'the same with v86’s own card and its `inbrowser` backend', unit: 'MB/s', samples: v86.speed },
      {
        name: 'TCP, machine to machine through the switch, over v86’s own',
        unit: 'x',
        samples: ratio,
        target: atLeast(4, 'x'),
      },
      { name: 'ping machine to machine, median', unit: 'ms', samples: own.pings, target: atMost(1.5, 'ms') },
      { name: 'the same ping with v86’s own', unit: 'ms', samples: v86.pings },
    ];
    return figures;
  },
};

async function measureWith(card: Card, program: Uint8Array, report: (text: string) => void) {
  const left = await start(card, 1, program);
  const right = await start(card, 2, program);
  try {
    if (card === 'own') await joinBySwitch([left, right]);
    const speed: number[] = [];
    // The first run warms up: what is busy is compiled.
    for (let run = 0; run <= runs; run += 1) {
      const { mbPerSecond, miPerMb } = await stream(left, right, '10.0.0.2', megabytes[card]);
      report(
        `${card} card: ${mbPerSecond.toFixed(1)} MB/s, ${miPerMb.map((mi) => mi.toFixed(2)).join(' and ')} Mi/MB`,
      );
      if (run > 0) speed.push(mbPerSecond);
    }
    const roundTrips = await ping(left, '10.0.0.2');
    report(`${card} card: ping ${[...roundTrips].sort((a, b) => a - b)[pings >> 1]} ms`);
    return { speed, pings: roundTrips };
  } finally {
    for (const { machine, guest } of [left, right]) {
      guest.dispose();
      machine.dispose();
    }
  }
}

async function joinBySwitch(all: readonly StartedMachine[]): Promise<void> {
  const device = new Switch(performance);
  const ends: FramePort[] = [];
  for (const { machine } of all) {
    const { port1, port2 } = new MessageChannel();
    const onFrames = (frames: Frame[]) => {
      for (const frame of frames) device.receive(port, frame);
      for (const one of ends) one.flush();
    };
    const end = new FramePort(port2, { onFrames });
    const port = device.addPort((frame) => void end.send(frame));
    ends.push(end);
    end.accept(allOffloads);
    await machine.attachNic(port1);
  }
}

async function start(card: Card, number: number, program: Uint8Array): Promise<StartedMachine> {
  const parts = threadParts(card);
  // v86's card cannot be put into a machine that was saved with another one.
  const one = await startHost(parts, card === 'own' ? 'snapshot' : 'cold');
  await repairIdentity(one.guest, parts, {
    mac: `02:00:00:00:00:0${number}`,
    address: `10.0.0.${number}/24`,
  });
  await one.guest.writeFile('/tmp/hulltraffic', program, { mode: 0o755 });
  return one;
}

/** @returns what the receiver saw, and what a megabyte cost sender and receiver */
async function stream(from: StartedMachine, to: StartedMachine, address: string, count: number) {
  const receiver = to.guest.exec({ argv: ['/tmp/hulltraffic', 'receive', `${port}`] });
  let output = '';
  const ready = new Promise<void>((resolve) =>
    receiver.onStdout((bytes) => {
      output += new TextDecoder().decode(bytes);
      if (output.startsWith('ready\n')) resolve();
    }),
  );
  await ready;
  const instructions = async () =>
    Promise.all([from, to].map(async ({ machine }) => (await machine.readCounters()).instructions));
  const before = await instructions();
  const { status, stderr } = await from.guest.run({
    argv: ['/tmp/hulltraffic', 'send', address, `${port}`, `${count}`],
  });
  if (status.type !== 'exited' || status.code !== 0) throw new Error(new TextDecoder().decode(stderr));
  await receiver.exit;
  const after = await instructions();
  const [bytes = NaN, us = NaN] = output.slice('ready\n'.length).split(' ').map(Number);
  return {
    mbPerSecond: bytes / us,
    miPerMb: after.map((total, index) => (total - (before[index] ?? 0)) / 1e6 / count),
  };
}

/** Round trips, milliseconds, as the guest measured them. */
async function ping({ guest }: StartedMachine, address: string): Promise<number[]> {
  const { stdout } = await guest.run({ argv: ['ping', '-c', `${pings}`, '-i', '0.1', address] });
  return [...new TextDecoder().decode(stdout).matchAll(/time=([\d.]+) ms/g)].map(([, ms]) => Number(ms));
}
