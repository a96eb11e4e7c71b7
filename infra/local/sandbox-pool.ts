import { LambdaError } from "./lambda.ts";
import { type DeployedFunction, Sandbox } from "./lambda-runtime.ts";

/** More at once of one function wait for each other: this machine has fewer processors than AWS. */
export const mostSandboxes = 3;

/** The sandboxes of one function: they begin when none is idle, and stay for later invocations. */
export class SandboxPool {
  readonly #deployed: () => DeployedFunction;
  readonly #sandboxes = new Set<Sandbox>();
  #starting = 0;
  #closed = false;
  readonly #atWork = new Set<Promise<unknown>>();
  readonly #queue: (() => void)[] = [];

  constructor(deployed: () => DeployedFunction) {
    this.#deployed = deployed;
  }

  /** @throws what Sandbox.start and Sandbox.invoke throw; LambdaError once it is closed. */
  async invoke(payload: unknown): Promise<unknown> {
    const work = this.#run(payload);
    this.#atWork.add(work);
    try {
      return await work;
    } finally {
      this.#atWork.delete(work);
    }
  }

  /** Resolves when nothing is being invoked. */
  async settled(): Promise<void> {
    while (this.#atWork.size > 0) await Promise.allSettled(this.#atWork);
  }

  /** Resolves when no process of it is left, those included that were about to begin. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const go of this.#queue.splice(0)) go();
    await Promise.all([...this.#sandboxes].map(async (each) => await each.kill()));
    await this.settled();
  }

  async #run(payload: unknown): Promise<unknown> {
    for (;;) {
      if (this.#closed) throw new LambdaError("Lambda.ServiceException", "Lambda is being shut down.");
      for (const each of this.#sandboxes) if (each.ended) this.#sandboxes.delete(each);
      const idle = [...this.#sandboxes].find((each) => each.idle);
      if (idle) return await this.#invokeIn(idle, payload);
      if (this.#sandboxes.size + this.#starting < mostSandboxes) await this.#start();
      else await new Promise<void>((resolve) => this.#queue.push(resolve));
    }
  }

  async #invokeIn(sandbox: Sandbox, payload: unknown): Promise<unknown> {
    try {
      return await sandbox.invoke(payload);
    } finally {
      this.#queue.shift()?.();
    }
  }

  async #start(): Promise<void> {
    this.#starting++;
    try {
      // Where a rehearsal's log goes, as what functions in this process print.
      const sandbox = await Sandbox.start(this.#deployed(), (line) => console.log(line));
      if (this.#closed) await sandbox.kill();
      else this.#sandboxes.add(sandbox);
    } finally {
      this.#starting--;
      this.#queue.shift()?.();
    }
  }
}
