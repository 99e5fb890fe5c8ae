/** The members of each group, commas between them, as the text of the object `logrec`; empty groups are left out. */
export function joinGroups(meta: string, data: string, error: string): string {
  let groups = meta === '' ? '' : `"meta": {${meta}}`;
  if (data !== '') groups += `${groups === '' ? '' : ', '}"data": {${data}}`;
  if (error !== '') groups += `${groups === '' ? '' : ', '}"error": {${error}}`;
  return `{${groups}}`;
}
