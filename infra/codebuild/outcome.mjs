import { readFileSync } from "node:fs";

/**
 * Prints what may leave the job (base64 of JSON): `outcome`, and the names of failed tasks. Ansible's output holds
 * secrets, so of it nothing but those names is looked at.
 *
 *   began · moved · ended <CODEBUILD_BUILD_SUCCEEDING> <Ansible's output>
 */

const most = { tasks: 10, characters: 120 };

/** `fatal:` and `failed:` belong to the task whose heading came last; `...ignoring` takes it back. */
function failedTasks(output) {
  let failed = [];
  let task = "before the first task";
  for (const line of output.split("\n")) {
    const heading = /^(?:TASK|RUNNING HANDLER) \[(.*)\] \**\s*$/.exec(line);
    if (heading) task = heading[1];
    else if (/^(?:fatal|failed): \[/.test(line)) failed.push(task);
    else if (/^\.\.\.ignoring\s*$/.test(line)) failed = failed.filter((each) => each !== task);
  }
  const names = [...new Set(failed)].slice(0, most.tasks);
  return names.map((name) => [...name].slice(0, most.characters).join(""));
}

function outcome([how, succeeding, output]) {
  if (how !== "ended") return { outcome: how, tasks: [] };
  if (succeeding === "1") return { outcome: "applied", tasks: [] };
  return { outcome: "failed", tasks: failedTasks(readFileSync(output, "utf8")) };
}

process.stdout.write(Buffer.from(JSON.stringify(outcome(process.argv.slice(2)))).toString("base64"));
