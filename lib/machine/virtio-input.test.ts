import { describe, expect, it } from 'vitest';
import { VirtioInput } from './virtio-input';

function guestQueue() {
  const state = { configured: true, buffers: 0, got: [] as number[][] };
  const queue = { is_configured: () => state.configured, has_request: () => state.buffers > 0 };
  const input = new VirtioInput(
    () => queue,
    (bytes) => {
      state.buffers -= 1;
      state.got.push([...bytes]);
    },
    { chunk: 2, limit: 6 },
  );
  return { state, input };
}

describe('VirtioInput', () => {
  it('delivers in the size of the guest’s buffers, as these come free', () => {
    const { state, input } = guestQueue();
    state.buffers = 1;
    expect(input.push(Uint8Array.of(1, 2, 3, 4, 5))).toBe(true);
    expect(state.got).toEqual([[1, 2]]);
    state.buffers = 5;
    input.pump();
    expect(state.got).toEqual([[1, 2], [3, 4], [5]]);
    expect(input.pending).toBe(false);
  });

  it('takes all of it or nothing', () => {
    const { state, input } = guestQueue();
    expect(input.push(new Uint8Array(5))).toBe(true);
    expect(input.push(Uint8Array.of(1, 2))).toBe(false);
    state.buffers = 9;
    input.pump();
    expect(state.got.flat()).toEqual([0, 0, 0, 0, 0]);
    expect(input.push(Uint8Array.of(1, 2))).toBe(true);
  });

  it('waits for a guest that has not set its queue up', () => {
    const { state, input } = guestQueue();
    state.configured = false;
    state.buffers = 1;
    input.push(Uint8Array.of(1));
    expect(state.got).toEqual([]);
    state.configured = true;
    input.pump();
    expect(state.got).toEqual([[1]]);
  });
});
