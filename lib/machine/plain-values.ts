import { errorOf } from '../base/plain-error';
import type { MachineState, ShareActivity } from './machine';
import type { PlainShareActivity, PlainState } from './protocol';

export function plainState(state: MachineState): PlainState {
  if (state.type !== 'failed') return state;
  const { code, message, remedy } = state.error;
  return { type: 'failed', error: { code, message, remedy } };
}

export function plainShare({ failure, ...activity }: ShareActivity): PlainShareActivity {
  if (!failure) return activity;
  const { code, message, remedy } = failure.error;
  return { ...activity, failure: { path: failure.path, error: { code, message, remedy } } };
}

export function shareOf({ failure, ...activity }: PlainShareActivity): ShareActivity {
  if (!failure) return activity;
  return { ...activity, failure: { path: failure.path, error: errorOf(failure.error) } };
}

export function stateOf(state: PlainState): MachineState {
  return state.type === 'failed' ? { type: 'failed', error: errorOf(state.error) } : state;
}
