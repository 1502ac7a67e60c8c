import { HullError } from '../../../base/hull-error';

export type TcpErrorCode =
  'tcp-refused' | 'tcp-reset' | 'tcp-timeout' | 'tcp-stalled' | 'tcp-aborted' | 'tcp-full';
export type TcpError = HullError<TcpErrorCode>;

export const failures = {
  refused: (peer: string) =>
    new HullError<TcpErrorCode>(
      'tcp-refused',
      `${peer} refused the connection.`,
      'Check that a program listens on that port, on an address that others can reach.',
    ),
  reset: (peer: string) =>
    new HullError<TcpErrorCode>(
      'tcp-reset',
      `${peer} reset the connection.`,
      'The program there ended or gave the connection up. Try again.',
    ),
  timeout: (peer: string, seconds: number) =>
    new HullError<TcpErrorCode>(
      'tcp-timeout',
      `${peer} has acknowledged nothing for ${seconds} s.`,
      'Check that the machine runs and that its link is up, then try again.',
    ),
  stalled: (peer: string, seconds: number) =>
    new HullError<TcpErrorCode>(
      'tcp-stalled',
      `${peer} has read nothing for ${seconds} s.`,
      'The program there does not read what it asked for. End it, or let it read.',
    ),
  aborted: (peer: string, reason: string) =>
    new HullError<TcpErrorCode>(
      'tcp-aborted',
      `The connection with ${peer} was given up: ${reason}`,
      'Open a new one.',
    ),
  full: () =>
    new HullError<TcpErrorCode>(
      'tcp-full',
      'The gateway has as many connections as it can hold.',
      'Close some, or wait for idle ones to end.',
    ),
};
