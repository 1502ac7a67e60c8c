import { attemptProbes } from './attempts';
import { devicesProbe, mountsProbe, rootProbe } from './files';
import { hostnameProbe, usersProbe } from './identity';
import { commandLineProbe, kernelProbe, uptimeProbe } from './kernel';
import { namespacesProbe } from './namespaces';
import {
  interfacesProbe,
  linkNeighboursProbe,
  listenersProbe,
  pingProbe,
  rawFramesProbe,
  routesProbe,
} from './network';
import type { Probe } from './probe';
import { capabilitiesProbe, filterProbe } from './privileges';
import { firstProcessProbe, processesProbe, signalProbe } from './processes';
import { controlGroupProbe, memoryProbe, processorProbe } from './resources';

/** In the order in which they are asked and shown. */
export const probes: readonly Probe[] = [
  uptimeProbe,
  kernelProbe,
  commandLineProbe,
  firstProcessProbe,
  processesProbe,
  hostnameProbe,
  usersProbe,
  rootProbe,
  mountsProbe,
  devicesProbe,
  memoryProbe,
  processorProbe,
  controlGroupProbe,
  capabilitiesProbe,
  filterProbe,
  namespacesProbe,
  signalProbe,
  ...attemptProbes,
  rawFramesProbe,
  interfacesProbe,
  routesProbe,
  listenersProbe,
  pingProbe,
  linkNeighboursProbe,
];
