import { buildImages } from '../images/build/build-images';
import { nodeParts } from '../lib/fleet/node-parts';
import { startHost } from '../lib/fleet/start-machine';
import { type Bench, atMost } from './figure';

const runs = 5;
const folder = '/usr/share/twinhull/tools';
/** The largest file among the tools. */
const file = `${folder}/lib/libcrypto.so.3`;

/** What it costs a guest to read from the share what the machine has already fetched, and to run a program from it. */
export const share: Bench = {
  name: 'share',
  async measure(report) {
    await buildImages();
    const { machine, guest } = await startHost(nodeParts, 'cold');
    const spend = async (script: string) => {
      const before = (await machine.readCounters()).instructions;
      const startedAt = performance.now();
      const { status, stdout } = await guest.run({ argv: ['sh', '-c', script] });
      const seconds = (performance.now() - startedAt) / 1e3;
      if (status.type !== 'exited' || status.code !== 0) throw new Error(`${script} failed`);
      const instructions = (await machine.readCounters()).instructions - before;
      return { mi: instructions / 1e6, seconds, said: new TextDecoder().decode(stdout) };
    };
    try {
      const megabytes = Number((await spend(`stat -c %s ${file}`)).said) / 1e6;
      const read: number[] = [];
      const speed: number[] = [];
      const again: number[] = [];
      const program: number[] = [];
      // The first round fetches.
      for (let run = 0; run <= runs; run += 1) {
        await spend('echo 3 > /proc/sys/vm/drop_caches');
        const first = await spend(`cat ${file} > /dev/null`);
        const second = await spend(`cat ${file} > /dev/null`);
        const { mi } = await spend('strace -V > /dev/null');
        if (run === 0) continue;
        report(`${(megabytes / first.seconds).toFixed(0)} MB/s, ${(first.mi / megabytes).toFixed(2)} Mi/MB`);
        read.push(first.mi / megabytes);
        speed.push(megabytes / first.seconds);
        again.push(second.mi / megabytes);
        program.push(mi);
      }
      return [
        { name: 'read from the share', unit: 'Mi/MB', samples: read, target: atMost(1.5, 'Mi/MB') },
        { name: 'the same, wall, Node', unit: 'MB/s', samples: speed },
        { name: 'read again from the guest’s memory', unit: 'Mi/MB', samples: again },
        { name: '`strace -V` from the share, not in memory', unit: 'Mi', samples: program },
      ];
    } finally {
      guest.dispose();
      machine.dispose();
    }
  },
};
