import type { Frame } from '../../lib/wire/frame';
import { FramePort, allOffloads } from '../../lib/wire/frame-port';
import { Switch } from '../../lib/wire/switch/switch';

/** A switch. Each call takes the far end of one machine's cable. */
export function switchEnds(clock: { now(): number }): (end: MessagePort) => void {
  const device = new Switch(clock);
  const ends: FramePort[] = [];
  return (messages) => {
    const onFrames = (frames: Frame[]) => {
      for (const frame of frames) device.receive(port, frame);
      for (const one of ends) one.flush();
    };
    const end = new FramePort(messages, { onFrames });
    const port = device.addPort((frame) => void end.send(frame));
    ends.push(end);
    end.accept(allOffloads);
  };
}
