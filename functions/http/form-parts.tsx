/** Parts that the forms of our pages share. */

/**
 * The Enter key in a field presses a form's first button. That must not be an answer, so it is this one, which says
 * nothing: the page comes back with what was entered, and asks for a choice. (A disabled button does not do: Chromium
 * then presses the next one, from checkboxes and times. Nor does `hidden`: browsers may pass over what is not laid out.)
 */
export function KeyboardDefault({ name }: { name: string }) {
  return (
    <div class="default" aria-hidden="true">
      <input type="submit" name={name} value="" tabindex={-1} />
    </div>
  );
}

/** Why a form was not accepted. */
export function Problems({ problems }: { problems: string[] }) {
  return (
    <div class="note failed" role="alert">
      Nothing was stored yet:
      <ul>
        {problems.map((problem) => (
          <li>{problem}</li>
        ))}
      </ul>
    </div>
  );
}
