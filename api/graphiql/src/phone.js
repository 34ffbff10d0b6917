// One width divides a phone from the rest, here and in page.css.
export const onPhone = () => matchMedia("(max-width: 700px)").matches;
