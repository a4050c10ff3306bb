// Comparisons and sums of cmd.exe.

/** `==` compares letters; equ, neq and the like compare numbers where both sides are. */
export function compare(left: string, operator: string, right: string): boolean {
  if (operator === '==') return left === right;
  const [a, b] = [left.replaceAll('"', ''), right.replaceAll('"', '')];
  const isNumber = /^-?\d+$/.test(a) && /^-?\d+$/.test(b);
  const order = isNumber ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0;
  const holds: Readonly<Record<string, boolean>> = {
    equ: order === 0,
    neq: order !== 0,
    lss: order < 0,
    leq: order <= 0,
    gtr: order > 0,
    geq: order >= 0,
  };
  return holds[operator] ?? false;
}

/** 32-bit, as `set /a` has it. */
export function calculate(a: number, operator: string, b: number): number {
  return (operator === '+' ? a + b : operator === '-' ? a - b : a * b) | 0;
}
