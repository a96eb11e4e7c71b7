import { type ReviewState, reviewState } from "../domain/post-review.ts";
import { config } from "../runtime/config.ts";
import { NotFound } from "../runtime/errors.ts";
import { type DraftedPost, pulls, siteRepository } from "./news-context.ts";

/**
 * How the review of a post stands, from GitHub itself.
 * @throws NotFound when there is no such pull request, and what GitHub throws.
 */
export async function readReviewState(post: DraftedPost): Promise<ReviewState> {
  const client = await pulls();
  const { repo, repository } = siteRepository();
  const { number } = post.pullRequest;
  const pull = await client.pull(repo, number);
  if (!pull) throw new NotFound(`${repository} has no pull request ${number} (any more).`);
  const { state, merged, draft, head } = pull;
  const asked = { state, merged, draft, head, team: config().people.map(({ github }) => github) };
  // Of what is over nothing more has to be asked.
  if (merged || state === "closed")
    return reviewState({ ...asked, reviews: [], checks: [], notInProduction: [] });
  const [reviews, checks, notInProduction] = await Promise.all([
    client.reviews(repo, number),
    client.checks(repo, head),
    stillTold(post, head),
  ]);
  return reviewState({ ...asked, reviews, checks, notInProduction });
}

/** What the text at `head` tells although it is not in production. */
async function stillTold({ notInProduction, path }: DraftedPost, head: string): Promise<string[]> {
  if (notInProduction.length === 0) return [];
  const file = await (await pulls()).file(siteRepository().repo, path, head);
  return notInProduction.filter(({ url }) => tells(file?.content ?? "", url)).map(({ key }) => key);
}

/** `…/pull/12` does not stand in `…/pull/123`. */
function tells(text: string, url: string): boolean {
  return text.split(url).some((after, index) => index > 0 && !/^[\w-]/.test(after));
}
