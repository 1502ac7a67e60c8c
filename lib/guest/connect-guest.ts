import { HullError } from '../base/hull-error';
import type { Disposable } from '../base/lifecycle';
import { concatenate, frameTypes } from './frame';
import type {
  ByteChannel,
  ConnectTarget,
  ExecSpec,
  Guest,
  GuestEvent,
  GuestMetrics,
  GuestProcess,
  GuestPty,
  GuestSocket,
  GuestStream,
  Identity,
  PtySpec,
  RunResult,
} from './guest';
import type { GuestChannel } from './guest-channel';
import { parsePayload, schemas, writeOpen, writeSignal, writeSize } from './messages';
import { Session } from './session';

const defaultRunLimitBytes = 8 * 1024 * 1024;
/** More than any file of a lab, less than what a tab can hold. */
const readFileLimitBytes = 256 * 1024 * 1024;

export interface ConnectOptions {
  /** Abort closes the port and rejects. */
  signal?: AbortSignal;
  randomBytes?: (count: number) => Uint8Array;
}

/**
 * Starts a conversation with the agent at the other end of `port`, which it takes over. What an earlier client left
 * in the guest (processes, PTYs, connections) is ended. Waits for an agent that is not up yet.
 */
export async function connectGuest(
  port: ByteChannel,
  { signal, randomBytes = platformRandomBytes }: ConnectOptions = {},
): Promise<Guest> {
  signal?.throwIfAborted();
  const session = new Session(port, randomBytes);
  const hello = await abortable(session.hello, signal, () => session.dispose());
  return new AgentGuest(session, hello);
}

function platformRandomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** Settles with `promise`, or runs `onAbort` and rejects with the signal's reason, whichever comes first. */
async function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  onAbort: () => void,
): Promise<T> {
  if (!signal) return promise;
  let listener!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    listener = () => {
      reject(signal.reason);
      onAbort();
    };
    if (signal.aborted) listener();
    else signal.addEventListener('abort', listener, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', listener);
  }
}

class AgentGuest implements Guest {
  constructor(
    private readonly session: Session,
    readonly hello: Guest['hello'],
  ) {}

  exec(spec: ExecSpec): GuestProcess {
    const channel = this.session.open(writeOpen.exec(spec), { failure: notRun(spec) });
    return {
      stdin: channel,
      onStdout: (listener) => channel.onData(listener),
      onStderr: (listener) => channel.onErrorData(listener),
      pause: () => channel.pause(),
      resume: () => channel.resume(),
      exit: channel.exit,
      kill: (signal) => kill(channel, signal),
      dispose: () => channel.dispose(),
    };
  }

  async run(
    {
      stdin = new Uint8Array(0),
      limit = defaultRunLimitBytes,
      ...spec
    }: ExecSpec & { stdin?: Uint8Array; limit?: number },
    signal?: AbortSignal,
  ): Promise<RunResult> {
    signal?.throwIfAborted();
    const channel = this.session.open(writeOpen.exec(spec), { failure: notRun(spec) });
    const stdout = new Collector(channel, limit, 'output');
    const stderr = new Collector(channel, limit, 'error output');
    channel.onData((bytes) => stdout.add(bytes));
    channel.onErrorData((bytes) => stderr.add(bytes));
    if (stdin.length > 0) void channel.write(stdin);
    void channel.end();
    const status = await abortable(channel.exit, signal, () => channel.dispose());
    return { status, stdout: stdout.bytes(), stderr: stderr.bytes() };
  }

  async openPty(spec: PtySpec): Promise<GuestPty> {
    const channel = this.session.open(writeOpen.pty(spec), { failure: notRun(spec), keepsUnheard: true });
    await channel.opened;
    return {
      ...streamOf(channel),
      exit: channel.exit,
      kill: (signal) => kill(channel, signal),
      resize: (size) => channel.tell(frameTypes.resize, writeSize(size)),
    };
  }

  async readFile(path: string, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    return this.collect(writeOpen.read(path), `${path} could not be read`, signal);
  }

  async writeFile(path: string, bytes: Uint8Array, { mode = 0o644 }: { mode?: number } = {}): Promise<void> {
    const channel = this.session.open(writeOpen.write(path, mode), {
      failure: `${path} could not be written`,
    });
    if (bytes.length > 0) void channel.write(bytes);
    void channel.end();
    await channel.closed;
  }

  async connect(target: ConnectTarget, signal?: AbortSignal): Promise<GuestSocket> {
    signal?.throwIfAborted();
    const channel = this.session.open(writeOpen.connect(target), {
      failure: `no connection to ${addressOf(target)} in the guest`,
      keepsUnheard: true,
    });
    await abortable(channel.opened, signal, () => channel.dispose());
    return { ...streamOf(channel), ended: channel.ended };
  }

  async metrics(): Promise<GuestMetrics> {
    return parsePayload(
      schemas.metrics,
      await this.collect(writeOpen.metrics(), 'the guest could not be measured'),
    );
  }

  onEvent(listener: (event: GuestEvent) => void): Disposable {
    return this.session.onEvent(listener);
  }

  async setIdentity(identity: Identity): Promise<void> {
    const purpose = { failure: 'the guest could not take on its identity' };
    await this.session.open(writeOpen.identity(identity), purpose).closed;
  }

  dispose(): void {
    this.session.dispose();
  }

  /** Everything a channel sends until it closes. */
  private async collect(open: Uint8Array, failure: string, signal?: AbortSignal): Promise<Uint8Array> {
    const channel = this.session.open(open, { failure });
    const collector = new Collector(channel, readFileLimitBytes, 'file');
    channel.onData((bytes) => collector.add(bytes));
    await abortable(channel.closed, signal, () => channel.dispose());
    return collector.bytes();
  }
}

/** Bytes up to a limit; one more gives the channel up. */
class Collector {
  private parts: Uint8Array[] = [];
  private length = 0;

  constructor(
    private readonly channel: GuestChannel,
    private readonly limit: number,
    private readonly what: string,
  ) {}

  add(bytes: Uint8Array): void {
    this.length += bytes.length;
    if (this.length <= this.limit) {
      this.parts.push(bytes);
      return;
    }
    this.parts = [];
    this.channel.giveUp(
      new HullError(
        'output-too-long',
        `the ${this.what} is longer than ${this.limit} bytes`,
        'Ask for less at a time.',
      ),
    );
  }

  bytes(): Uint8Array {
    return concatenate(...this.parts);
  }
}

function streamOf(channel: GuestChannel): GuestStream {
  return {
    write: (bytes) => channel.write(bytes),
    end: () => channel.end(),
    onData: (listener) => channel.onData(listener),
    pause: () => channel.pause(),
    resume: () => channel.resume(),
    dispose: () => channel.dispose(),
  };
}

function notRun({ argv }: ExecSpec): string {
  return `${argv[0]} could not be run`;
}

function addressOf(target: ConnectTarget): string {
  return target.type === 'tcp' ? `${target.host ?? '127.0.0.1'}:${target.port}` : target.path;
}

async function kill(channel: GuestChannel, signal: number): Promise<void> {
  channel.tell(frameTypes.signal, writeSignal(signal));
}
