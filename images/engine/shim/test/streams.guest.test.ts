import { expect, test } from 'vitest';
import { afterAnswer, bootShimHost, framesOf } from './shim-host';

const booted = bootShimHost();

test('a client that does not read holds the container up, and loses nothing', async () => {
  const shim = await booted.host.container('seq 100000000000001 100000000040000; echo finished >&2');
  const control = await shim.control();
  const attach = await shim.attach('stdout', 'stderr');
  attach.socket.pause();
  await control.write('start\n');
  await control.line(/started/);
  // The container stops: its log, too, has what the pipe and the connection's buffers hold, and no more.
  const grown = `size=0; until [ "$size" -gt 0 ] && [ "$size" = "$(wc -c < ${shim.directory}/log)" ]; do
    size=$(wc -c < ${shim.directory}/log); usleep 300000; done; echo $size`;
  const held = Number(await booted.host.sh(grown));
  expect(control.text()).not.toContain('exited');
  attach.socket.resume();
  await control.line(/exited 0 \d+/);
  const frames = framesOf(afterAnswer(await attach.all()));
  const lines = Array.from({ length: 40_000 }, (_, index) => `${100_000_000_000_001 + index}\n`).join('');
  const output = (stream: number) => frames.filter(([of]) => of === stream).map(([, text]) => text);
  expect(output(1).join('') === lines).toBe(true);
  expect(output(2)).toEqual(['finished\n']);
  expect(Number(await booted.host.sh(`wc -c < ${shim.directory}/log`))).toBeGreaterThan(held);
  await shim.end;
  await booted.host.forget(shim);
});

test('a client that goes away holds nobody up', async () => {
  const shim = await booted.host.container('seq 1 100000', ['--log-size', '100000', '--log-files', '2']);
  const control = await shim.control();
  const attach = await shim.attach('stdout');
  attach.socket.pause();
  await control.write('start\n');
  await control.line(/started/);
  attach.dispose();
  await control.line(/exited 0 \d+/);
  await shim.end;
  await booted.host.forget(shim);
});

test('the log is replaced when it has its size, and the newest files stay', async () => {
  const shim = await booted.host.container('seq 1 2000', ['--log-size', '20000', '--log-files', '3']);
  expect(await booted.host.run(shim)).toBe(0);
  const files = await booted.host.sh(`cd ${shim.directory}; ls log*; wc -c log.1 log.2 | head -2`);
  expect(files.split('\n').slice(0, 3)).toEqual(['log', 'log.1', 'log.2']);
  // Full files are one record longer than their size at most.
  for (const line of files.split('\n').slice(3)) {
    const bytes = parseInt(line);
    expect(bytes).toBeGreaterThanOrEqual(20_000);
    expect(bytes).toBeLessThan(20_100);
  }
  const records = [...(await shim.log('log.2')), ...(await shim.log('log.1')), ...(await shim.log())];
  const numbers = records.map(({ log }) => Number(log));
  expect(numbers.at(-1)).toBe(2000);
  expect(numbers).toEqual(numbers.map((_, index) => 2000 - numbers.length + 1 + index));
  await booted.host.forget(shim);
});

test('a line of 128 KB becomes records of 16 KiB with one time, as in Docker', async () => {
  const shim = await booted.host.container(
    'head -c 131072 /dev/zero | tr "\\0" "<"; echo; head -c 16384 /dev/zero | tr "\\0" "y"; echo; echo short',
  );
  expect(await booted.host.run(shim)).toBe(0);
  const records = await shim.log();
  const part = '<'.repeat(16384);
  expect(records.map(({ log }) => log)).toEqual([
    ...Array.from({ length: 8 }, () => part),
    '\n',
    'y'.repeat(16384),
    '\n',
    'short\n',
  ]);
  expect(new Set(records.slice(0, 9).map(({ time }) => time)).size).toBe(1);
  await booted.host.forget(shim);
});

test('a full disk is told once, stops nobody, and leaves whole records', async () => {
  const disk = '/tmp/small-disk';
  await booted.host.sh(`mkdir -p ${disk} && mount -t tmpfs -o size=64k none ${disk}`);
  const shim = await booted.host.container('seq 1 20000; exit 4', ['--log', `${disk}/log`]);
  const control = await shim.control();
  await control.write('start\n');
  await control.line(/exited 4 \d+/);
  expect(control.text().match(/^log-error "No space left on device"$/gm)).toHaveLength(1);
  await shim.end;
  const text = await booted.host.sh(`cat ${disk}/log`);
  for (const line of text.split('\n')) expect(JSON.parse(line)).toHaveProperty('log');
  await booted.host.sh(`umount ${disk}`);
  await booted.host.forget(shim);
});

test('an exec has its own streams, status and end', async () => {
  const container = await booted.host.container('echo up; sleep 1000');
  const control = await container.control();
  const up = await container.attach('stdout');
  await control.write('start\n');
  await up.said('up');

  const piped = await booted.host.exec(container, 'cat; echo err >&2; kill -TERM $$', [
    '--stdin',
    '--stdin-once',
  ]);
  const attach = await piped.attach('stdin', 'stdout', 'stderr');
  const execControl = await piped.control();
  await attach.write('in');
  await attach.socket.end();
  await execControl.write('start\n');
  await execControl.line(/exited 143 \d+/);
  expect(execControl.text()).toMatch(/^ready\ncreated \d+\nstarted\nexited/);
  expect(framesOf(afterAnswer(await attach.all()))).toEqual([
    [1, 'in'],
    [2, 'err\n'],
  ]);
  await piped.end;

  const terminal = await booted.host.exec(container, 'stty size', ['--tty', '--stdin']);
  const screen = await terminal.attach('stdin', 'stdout');
  const terminalControl = await terminal.control();
  await terminalControl.write('start\n');
  await terminalControl.line(/exited 0 \d+/);
  expect(afterAnswer(await screen.all()).toString()).toBe('7 70\r\n');
  await terminal.end;

  const left = await booted.host.exec(container, 'sleep 1000 & echo left one behind');
  expect(await booted.host.run(left)).toBe(0);

  await control.write('quit\n');
  await control.line(/exited 137 \d+/);
  await container.end;
  await booted.host.forget(container);
});

test('an exec of a program that is not there fails in the runtime’s words', async () => {
  const container = await booted.host.container('echo up; sleep 1000');
  const control = await container.control();
  const up = await container.attach('stdout');
  await control.write('start\n');
  await up.said('up');
  const exec = await booted.host.exec(container, '');
  await booted.host.sh(`sed -i 's|"sh","-c",""|"/no/such"|' ${exec.directory}/process.json`);
  const execControl = await exec.control();
  const attach = await exec.attach('stdout', 'stderr');
  await execControl.write('start\n');
  const [, text] = await execControl.line(/failed (".*")/);
  expect(JSON.parse(text ?? '')).toMatch(/\/no\/such.*no such file or directory/i);
  // The runtime's own words are no output of the process.
  expect(afterAnswer(await attach.all())).toHaveLength(0);
  await exec.end;
  await control.write('quit\n');
  await container.end;
  await booted.host.forget(container);
});

test('a killed shim leaves its process running, without a word about it', async () => {
  const shim = await booted.host.container('echo up; read line; echo more; sleep 1000', ['--stdin']);
  const control = await shim.control();
  const [, pid] = await control.line(/created (\d+)/);
  const attach = await shim.attach('stdout');
  await control.write('start\n');
  await attach.said('up');
  await booted.host.sh(`kill -KILL $(cat ${shim.directory}/shim.pid)`);
  await control.all();
  expect(control.text()).not.toMatch(/exited|failed/);
  expect(await booted.host.sh(`ls ${shim.directory}`)).not.toMatch(/^exit$/m);
  // A signal of its own, such as that for writing to nobody, does not end process 1 of a namespace.
  expect(await booted.host.sh(`cat /proc/${pid}/status`)).toMatch(/^State:\t[SR]/m);
  await booted.host.forget(shim);
});

test('attaches that come and go leave no descriptor, and containers no process', async () => {
  // Listed by a shell that starts nobody: of a pipeline with ps, ps may see its neighbours or not. Threads of the kernel
  // and whoever has ended have no program.
  const processes = 'for p in /proc/[0-9]*; do [ ! -e $p/exe ] || [ $p = /proc/$$ ] || echo $p; done';
  const before = await booted.host.sh(processes);
  const shim = await booted.host.container('cat', ['--stdin']);
  const control = await shim.control();
  await control.write('start\n');
  await control.line(/started/);
  const descriptors = `ls /proc/$(cat ${shim.directory}/shim.pid)/fd | wc -l`;
  const open = await booted.host.sh(descriptors);
  for (let round = 0; round < 20; round++) {
    const attach = await shim.attach('stdin', 'stdout');
    await attach.write(`${round}\n`);
    await attach.said(`${round}\n`);
    attach.dispose();
  }
  await booted.host.sh(`until [ $(${descriptors}) = ${open} ]; do usleep 5000; done`);
  await control.write('close-stdin\n');
  await control.line(/exited 0 \d+/);
  await shim.end;
  await booted.host.forget(shim);
  const left = (await booted.host.sh(processes))
    .split('\n')
    .filter((path) => !before.split('\n').includes(path));
  expect(left).toEqual([]);
});
