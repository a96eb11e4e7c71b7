import { catalog } from "../../functions/catalog.ts";
import { type LocalDynamoDB, startDynamoDB } from "./dynamodb.ts";
import { createLambdaLayer, type LambdaLayer } from "./lambda.ts";
import { type StepFunctions, type StepFunctionsOptions, startStepFunctions } from "./step-functions/index.ts";

/** What stands in AWS's place. Each part can be another than the embedded one: that is how they are compared. */
export interface Platform {
  /** @param environment the functions' variables, once the system has set them: asked for at a function's first use. */
  startLambda(environment: () => Record<string, string>): Promise<LambdaLayer>;
  startDynamoDB(options: { path: string | null }): Promise<LocalDynamoDB>;
  startStepFunctions(options: StepFunctionsOptions): Promise<StepFunctions>;
}

/** The embedded engine and store, and the functions' own sources in this process. */
export const embeddedPlatform: Platform = {
  startLambda: async () => createLambdaLayer({ functions: functionsOfCatalog() }),
  startDynamoDB,
  startStepFunctions,
};

function functionsOfCatalog() {
  const load = (entry: string) => async () => await import(new URL(`../../${entry}`, import.meta.url).href);
  return Object.fromEntries(
    Object.entries(catalog).map(([name, { entry, timeoutSeconds }]) => [
      name,
      { load: load(entry), timeoutSeconds },
    ]),
  );
}
