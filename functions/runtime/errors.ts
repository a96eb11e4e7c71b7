/**
 * The errors that steps throw. `name` is a contract: the state machine's `Retry` and `Catch` match on it, so it
 * is a literal on each class and survives minification. A test compares the two.
 *
 * A message says what happened, to what, and what to do.
 */
export abstract class StablehandError extends Error {
  abstract override readonly name: string;
}

/** A system did not answer, answered 5xx, or broke off. Worth another try. */
export class ServiceUnavailable extends StablehandError {
  override readonly name = "ServiceUnavailable";
}

/** A system asked us to slow down. `retryAfterSeconds` is what it said, if it said. */
export class RateLimited extends StablehandError {
  override readonly name = "RateLimited";
  readonly retryAfterSeconds: number | undefined;
  constructor(message: string, options?: ErrorOptions & { retryAfterSeconds?: number }) {
    super(message, options);
    this.retryAfterSeconds = options?.retryAfterSeconds;
  }
}

/** Our credentials are refused (401), or may not do this (403). Asking again does not help. */
export class PermissionDenied extends StablehandError {
  override readonly name = "PermissionDenied";
}

/** What a step needs is not there (404): a repository, a tag, a stream, a room. */
export class NotFound extends StablehandError {
  override readonly name = "NotFound";
}

/** A system refused the request as such (400, 409, 422): trying the same again does not help. */
export class RequestRefused extends StablehandError {
  override readonly name = "RequestRefused";
}

/** The configuration or a secret is wrong. The message lists every problem with its path. */
export class BadConfiguration extends StablehandError {
  override readonly name = "BadConfiguration";
}

/** A state handed its step an input that is not of the agreed shape: an error in the state machine. */
export class BadInput extends StablehandError {
  override readonly name = "BadInput";
}

/** `stable` is neither where the plan saw it nor where it is to go: somebody moved it after the approval. */
export class StableMoved extends StablehandError {
  override readonly name = "StableMoved";
}

/** The commit is no descendant of `stable`, and forcing was not approved. */
export class NotFastForward extends StablehandError {
  override readonly name = "NotFastForward";
}

/** This run no longer owns the lock: another run took over, so this one must change nothing more. */
export class RunSuperseded extends StablehandError {
  override readonly name = "RunSuperseded";
}

/** A person stopped the run, vetoed it, or a hotfix took its place: nothing more is changed. */
export class RunStopped extends StablehandError {
  override readonly name = "RunStopped";
}

/** A person paused the run: nothing is changed until somebody resumes it. */
export class RunPaused extends StablehandError {
  override readonly name = "RunPaused";
}

/** The image workflow did not start after the move, or after it was asked to. */
export class BuildNotStarted extends StablehandError {
  override readonly name = "BuildNotStarted";
}

/** What a state waits for did not come before its deadline, and the source does not have it either. */
export class DeadlinePassed extends StablehandError {
  override readonly name = "DeadlinePassed";
}

/** A workflow run ended without success. */
export class BuildFailed extends StablehandError {
  override readonly name = "BuildFailed";
}

/** Copr could not build an RPM from the commit that is waited for. */
export class RpmFailed extends StablehandError {
  override readonly name = "RpmFailed";
}

/** The cluster refused to import images; the message carries its words. A registry's hiccup is over on the next try. */
export class ImportFailed extends StablehandError {
  override readonly name = "ImportFailed";
}

/** The branch of the Kubernetes objects is no longer at the approved commit; the message says what is new. */
export class ObjectsMoved extends StablehandError {
  override readonly name = "ObjectsMoved";
}

/** Image streams are pinned, and applying the Kubernetes objects would unpin them. */
export class ObjectsPinned extends StablehandError {
  override readonly name = "ObjectsPinned";
}

/** `make deploy` failed; the message names its failed tasks, and nothing else of its output. */
export class ObjectsFailed extends StablehandError {
  override readonly name = "ObjectsFailed";
}

/** The job that reads the vault's changelog failed. */
export class VaultUnread extends StablehandError {
  override readonly name = "VaultUnread";
}

/** A stream holds another image than the one that this run built, or there is no such stream. */
export class WrongImage extends StablehandError {
  override readonly name = "WrongImage";
}

/** An image that was rolled back is not imported again until a person clears it. */
export class ImageQuarantined extends StablehandError {
  override readonly name = "ImageQuarantined";
}

/** A rollback ended without production being as it was before. */
export class RollbackFailed extends StablehandError {
  override readonly name = "RollbackFailed";
}

/** The message of anything that was thrown, for a person to read. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The state machines try again after these: their `Retry` names the same classes. */
export function isRetryable(thrown: unknown): boolean {
  return (
    thrown instanceof ServiceUnavailable || thrown instanceof RateLimited || thrown instanceof ImportFailed
  );
}

/** Errors of the platforms themselves that the state machines' `Retry` and `Catch` name beside our own. */
export const platformErrors = [
  "States.ALL",
  "States.Timeout",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.TooManyRequestsException",
  "Lambda.Unknown",
  "Sandbox.Timedout",
  // The process of a function ended on its own, such as out of memory.
  "Runtime.ExitError",
];
