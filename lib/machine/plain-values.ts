import { HullError, messageOf } from '../base/hull-error';
import type { MachineState, ShareActivity } from './machine';
import type { PlainError, PlainShareActivity, PlainState } from './protocol';

export function plainError(thrown: unknown): PlainError {
  if (thrown instanceof HullError)
    return { code: thrown.code as string, message: thrown.message, remedy: thrown.remedy };
  return {
    code: 'unexpected',
    message: messageOf(thrown),
    remedy: 'Reload the page; if it happens again, please report it.',
  };
}

export function errorOf<Code extends string>({ code, message, remedy }: PlainError<Code>): HullError<Code> {
  return new HullError(code, message, remedy);
}

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
