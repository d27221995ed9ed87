/** A small line of a count over time. */
import { coarse, line } from "../../domain/timeline.ts";

const WIDTH = 58;
const HEIGHT = 26;
const POINTS = 30;

interface Props {
  values: readonly number[];
  /** The class that gives it its colour. */
  of: string;
}

export function Sparkline({ values, of }: Props) {
  const path = line(coarse(values, POINTS), WIDTH, HEIGHT);
  return (
    <svg class={`spark ${of}`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="area" d={`${path}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}z`} />
      <path class="line" d={path} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
