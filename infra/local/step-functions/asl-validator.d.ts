/** The part of asl-validator that is used; the package itself carries no types. */
declare module "asl-validator" {
  interface Problem {
    "Error code"?: string;
    Message?: string;
    instancePath?: string;
    message?: string;
  }
  /** Checks a definition, and writes `QueryLanguage` into the states of what it is given. */
  function validate(
    definition: object,
    options?: { checkPaths: boolean; checkArn: boolean },
  ): { isValid: boolean; errors: Problem[] };
  export default validate;
}
