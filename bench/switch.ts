import { exampleFrame } from '../lib/wire/example-frames';
import { Switch } from '../lib/wire/switch/switch';
import { type Bench, atLeast } from './figure';

const ports = 8;
const runs = 7;
const framesPerRun = 2_000_000;

/** Frames from every port to every other, to addresses that are known, as between machines that talk to each other. */
export const switchAlone: Bench = {
  name: 'switch',
  async measure(report) {
    const device = new Switch(performance);
    const forwarded = new Float64Array(ports);
    const all = Array.from({ length: ports }, (_, at) =>
      device.addPort(() => (forwarded[at] = (forwarded[at] ?? 0) + 1)),
    );
    const frames = all.flatMap((port, from) =>
      all.map((_, to) => ({ port, from, to, frame: exampleFrame({ from, to, bytes: 64 }) })),
    );
    const traffic = frames.filter(({ from, to }) => from !== to);
    for (const { port, frame } of traffic) device.receive(port, frame);

    const samples: number[] = [];
    // The first run is for the compiler.
    for (let run = 0; run <= runs; run += 1) {
      forwarded.fill(0);
      const startedAt = performance.now();
      for (let sent = 0; sent < framesPerRun;)
        for (const { port, frame } of traffic) {
          device.receive(port, frame);
          sent += 1;
        }
      const seconds = (performance.now() - startedAt) / 1e3;
      const passed = forwarded.reduce((sum, one) => sum + one, 0);
      if (passed < framesPerRun) throw new Error(`only ${passed} of ${framesPerRun} frames left the switch`);
      report(`${(passed / seconds / 1e6).toFixed(2)} M frames/s`);
      if (run > 0) samples.push(passed / seconds / 1e6);
    }
    return [
      {
        name: 'switch alone in Node, 64-byte frames, 8 ports',
        unit: 'M frames/s',
        samples,
        target: atLeast(1, 'M frames/s'),
      },
    ];
  },
};
