/** What a step is built from: name to version or digest. Equal inputs give equal outputs. */
export type Inputs = Readonly<Record<string, string>>;

/** Something that is built once per set of inputs, into a folder of files. */
export interface Step {
  /** Also its folder in the cache. */
  readonly name: string;
  /** Steps whose outputs this one reads; their inputs count as inputs of this one. */
  readonly needs?: readonly Step[];
  /** Called on every run: cheap, and enough to tell whether the last output still holds. */
  inputs(): Promise<Inputs>;
  /** Fills `job.out`. A failure leaves nothing behind. */
  build(job: Job): Promise<void>;
}

export interface Job {
  /** The folder to fill. */
  readonly out: string;
  /** An empty folder, removed afterwards. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** Folder of a needed step. */
  outputOf(step: Step): string;
  /** What is being done and how far it is: "compiling, 40 %". */
  progress(text: string): void;
}

/** A step's output in the cache. */
export interface Output {
  folder: string;
  /** Names the inputs, its own and those of what it needs. */
  key: string;
  /** The inputs behind the key, flattened. */
  inputs: Inputs;
}

/** Files that are laid out under public/machine beside the artifacts, under names of their content that they have already. */
export interface FilesPublication {
  step: Step;
  /** In the step's output. */
  folder: string;
  /** Step that made `NAME.br` and `NAME.gz` of some of them. */
  compressed: Step;
}

/** A file that is laid out under public/machine. */
export interface Publication {
  /** Name in the manifest. */
  name: string;
  step: Step;
  /** In the step's output. */
  file: string;
  /** Step that made `file.br` and `file.gz`, when compressing gains something. */
  compressed?: Step;
}
