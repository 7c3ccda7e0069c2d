/* The types of facility that count, as a form has them ticked. */

/* Returns a function that says what is ticked, and tells how many of how many. The usual ones are an
   empty list: a question that names no type is about those, and its address stays short. */
export function counting(form, told) {
  const inputs = [...form.querySelectorAll("[name=types]")];
  return () => {
    const types = inputs.filter((input) => input.checked).map((input) => input.value);
    told.textContent = `${types.length}/${inputs.length}`;
    const usual = inputs.filter((input) => "usual" in input.dataset).map((input) => input.value);
    return usual.length && usual.join() === types.join() ? [] : types;
  };
}
