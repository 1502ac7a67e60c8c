import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { afterAnswer, bootShimHost, framesOf } from './shim-host';

const booted = bootShimHost();

test('both streams reach attaches and the log, and the exit is told and kept', async () => {
  const shim = await booted.host.container('echo out; usleep 20000; echo err >&2; printf "no end"; exit 7');
  const control = await shim.control();
  const [, pid] = await control.line(/created (\d+)/);
  expect(await shim.file('pid')).toBe(pid);
  const both = await shim.attach('stdout', 'stderr');
  const errors = await shim.attach('stderr');
  await control.write('start\n');
  const [, status, at] = await control.line(/exited (\d+) (\d+)/);
  expect(status).toBe('7');
  expect(control.text().split('\n').slice(0, 3)).toEqual(['ready', `created ${pid}`, 'started']);
  const frames = framesOf(afterAnswer(await both.all()));
  expect(
    frames
      .filter(([stream]) => stream === 1)
      .map(([, text]) => text)
      .join(''),
  ).toBe('out\nno end');
  expect(framesOf(afterAnswer(await errors.all()))).toEqual([[2, 'err\n']]);
  expect(await shim.end).toEqual({ type: 'exited', code: 0 });
  expect(await shim.file('exit')).toBe(`7 ${at}`);
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z$/) as string;
  expect(await shim.log()).toEqual(
    expect.arrayContaining([
      { log: 'out\n', stream: 'stdout', time },
      { log: 'err\n', stream: 'stderr', time },
      { log: 'no end', stream: 'stdout', time },
    ]),
  );
  expect(await booted.host.sh(`ls ${shim.directory}`)).not.toContain('sock');
  await booted.host.forget(shim);
});

test('input ends with the half-close of the first attach, and not a byte before', async () => {
  const shim = await booted.host.container('sha256sum; echo done', ['--stdin', '--stdin-once']);
  const attach = await shim.attach('stdin', 'stdout');
  const control = await shim.control();
  const input = 'all of this\n'.repeat(20_000);
  const sent = attach.write(input).then(() => attach.socket.end());
  await control.write('start\n');
  await sent;
  const [[, text]] = framesOf(afterAnswer(await attach.all())) as [[number, string]];
  expect(text).toBe(`${createHash('sha256').update(input).digest('hex')}  -\ndone\n`);
  await shim.end;
  await booted.host.forget(shim);
});

test('without --stdin-once the input outlives its attaches, until close-stdin', async () => {
  const shim = await booted.host.container('cat; echo end', ['--stdin']);
  const control = await shim.control();
  await control.write('start\n');
  const watching = await shim.attach('stdout');
  for (const line of ['first', 'second']) {
    const attach = await shim.attach('stdin');
    await attach.write(`${line}\n`);
    await attach.socket.end();
    await attach.all();
    await watching.said(line);
  }
  await control.write('close-stdin\n');
  await control.line(/exited 0 \d+/);
  expect(framesOf(afterAnswer(await watching.all()))).toEqual([[1, 'first\nsecond\nend\n']]);
  await booted.host.forget(shim);
});

test('without --stdin the input is empty', async () => {
  const shim = await booted.host.container('wc -c');
  expect(await booted.host.run(shim)).toBe(0);
  expect(await shim.log()).toMatchObject([{ log: '0\n' }]);
  await booted.host.forget(shim);
});

test('a terminal has the size that was set before the start, hears of changes, and is raw to attaches', async () => {
  const script = 'stty size; trap "stty size; exit 3" WINCH; echo waiting; while :; do sleep 1; done';
  const shim = await booted.host.container(script, ['--tty', '--stdin']);
  const control = await shim.control();
  await control.line(/created \d+/);
  const attach = await shim.attach('stdin', 'stdout', 'stderr');
  await control.write('resize 31 97\nstart\n');
  await attach.said('waiting');
  await control.write('resize 12 44\n');
  await control.line(/exited 3 \d+/);
  expect(afterAnswer(await attach.all()).toString()).toBe('31 97\r\nwaiting\r\n12 44\r\n');
  expect(await shim.log()).toMatchObject([
    { log: '31 97\r\n', stream: 'stdout' },
    { log: 'waiting\r\n', stream: 'stdout' },
    { log: '12 44\r\n', stream: 'stdout' },
  ]);
  await booted.host.forget(shim);
});

test('what is typed at a terminal is its input', async () => {
  const shim = await booted.host.container('read line; echo "got $line"', [
    '--tty',
    '--stdin',
    '--stdin-once',
  ]);
  const control = await shim.control();
  const attach = await shim.attach('stdin', 'stdout');
  await control.write('start\n');
  await attach.write('typed\n');
  await control.line(/exited 0 \d+/);
  expect(afterAnswer(await attach.all()).toString()).toBe('typed\r\ngot typed\r\n');
  await booted.host.forget(shim);
});

test('a signal that ends it is told as 128 and its number', async () => {
  const shim = await booted.host.container('echo up; sleep 1000');
  const control = await shim.control();
  const [, pid] = await control.line(/created (\d+)/);
  const attach = await shim.attach('stdout');
  await control.write('start\n');
  await attach.said('up');
  await booted.host.sh(`kill -KILL ${pid}`);
  await control.line(/exited 137 \d+/);
  await shim.end;
  await booted.host.forget(shim);
});

test('a program that is not there is told in the runtime’s words', async () => {
  const shim = await booted.host.container('', [], {
    process: { args: ['/no/such/program'], terminal: false },
  });
  const control = await shim.control();
  const attach = await shim.attach('stdout');
  await control.write('start\n');
  const [, text] = await control.line(/failed (".*")/);
  expect(JSON.parse(text ?? '')).toMatch(/\/no\/such\/program.*no such file or directory/i);
  await attach.all();
  expect(await shim.end).toEqual({ type: 'exited', code: 0 });
  await booted.host.forget(shim);
});

test('an engine that comes later is told what has happened, and what happens', async () => {
  const shim = await booted.host.container('read line; exit 5', ['--stdin']);
  const first = await shim.control();
  await first.write('start\n');
  await first.line(/started/);
  const before = first.text();
  first.dispose();
  const second = await shim.control();
  await second.line(/started/);
  expect(second.text()).toBe(before);
  const attach = await shim.attach('stdin');
  await attach.write('go\n');
  await second.line(/exited 5 \d+/);
  await shim.end;
  await booted.host.forget(shim);
});

test('quit kills the process', async () => {
  const shim = await booted.host.container('sleep 1000');
  const control = await shim.control();
  await control.write('start\n');
  await control.line(/started/);
  await control.write('quit\n');
  await control.line(/exited 137 \d+/);
  await shim.end;
  await booted.host.forget(shim);
});
