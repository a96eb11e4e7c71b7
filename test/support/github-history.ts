import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** A commit of a branch's history, newest first, and the pull request that GitHub associates with it. */
export interface HistoryNode {
  oid: string;
  message: string;
  date?: string;
  pull: {
    number: number;
    title: string;
    body: string;
    author: string | null;
    /** Default: the commit's date. */
    mergedAt?: string | null;
    /** Default: `main`. */
    base?: string;
  } | null;
}

interface Question {
  query: string;
  variables: {
    owner: string;
    name: string;
    head: string;
    since: string;
    until?: string;
    after: string | null;
  };
}

/**
 * GitHub's GraphQL API over real HTTP, as far as the history of `main` goes, in the shape of GitHub's documentation
 * (https://docs.github.com/graphql/reference/objects#commit). It pages by 100 and keeps to `since` and `until`.
 */
export async function startGraphql(histories: Record<string, HistoryNode[]>) {
  const requests: { token: string; variables: Question["variables"] }[] = [];
  let fixed: { status: number; body: unknown } | null = null;
  const server = createServer(async (request, response) => {
    const { query, variables } = (await json(request)) as Question;
    const token = (request.headers.authorization ?? "").replace(/^\w+ /, "");
    requests.push({ token, variables });
    const isKnown = request.url === "/graphql" && /history\(first: 100, since: \$since/.test(query);
    const answer = fixed ?? { status: isKnown ? 200 : 400, body: answerTo(variables, histories) };
    response
      .writeHead(answer.status, { "content-type": "application/json" })
      .end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    /** From now on every request is answered so. */
    answerWith: (answer: { status: number; body: unknown }) => {
      fixed = answer;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function answerTo(variables: Question["variables"], histories: Record<string, HistoryNode[]>) {
  const { owner, name, head, since, until, after } = variables;
  const history = histories[name];
  if (!history) {
    const message = `Could not resolve to a Repository with the name '${owner}/${name}'.`;
    return { data: { repository: null }, errors: [{ type: "NOT_FOUND", path: ["repository"], message }] };
  }
  if (head !== "main") return { data: { repository: { object: null } } };
  const commits = history
    .map((node) => ({ ...node, date: node.date ?? "2026-11-20T10:00:00Z" }))
    .filter(
      ({ date }) =>
        Date.parse(date) >= Date.parse(since) && (!until || Date.parse(date) <= Date.parse(until)),
    );
  const from = Number(after ?? 0);
  const nodes = commits.slice(from, from + 100).map(({ oid, message, date, pull }) => ({
    oid,
    message,
    committedDate: date,
    url: `https://github.com/${owner}/${name}/commit/${oid}`,
    associatedPullRequests: {
      nodes: pull
        ? [
            {
              number: pull.number,
              title: pull.title,
              body: pull.body,
              url: `https://github.com/${owner}/${name}/pull/${pull.number}`,
              mergedAt: pull.mergedAt === undefined ? date : pull.mergedAt,
              baseRefName: pull.base ?? "main",
              author: pull.author === null ? null : { login: pull.author },
            },
          ]
        : [],
    },
  }));
  const end = from + nodes.length;
  const pageInfo = { hasNextPage: end < commits.length, endCursor: nodes.length > 0 ? `${end}` : null };
  return { data: { repository: { object: { history: { pageInfo, nodes } } } } };
}
