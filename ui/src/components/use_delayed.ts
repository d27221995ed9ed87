/** Whether something has taken long enough to be worth a word: what comes at once needs no skeleton. */
import { useEffect, useState } from "preact/hooks";

export function useLate(ms: number): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return late;
}
