// How long the accepted prompts are, which words they use, and how varied they are.
import { number, percent, shorten } from '../shared/format.ts'
import { memo } from '../shared/memo.ts'
import { statisticsOf } from './stats.ts'

export const Statistics = memo(function Statistics({ texts }: { texts: readonly string[] }) {
  const { prompts, lengths, mean, frequent, distinct, vocabulary } = statisticsOf(texts)
  if (prompts === 0) return null
  const longest = Math.max(...lengths.map((one) => one.prompts))
  const most = frequent[0]?.prompts ?? 1
  const [low, high] = [lengths[0].words, lengths[lengths.length - 1].words]
  return (
    <section class="ps-statistics" aria-label="Words of the accepted prompts">
      <h4 class="ps-heading">Words a prompt</h4>
      <svg
        class="ps-lengths"
        viewBox={`0 0 ${lengths.length} 40`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`From ${low} to ${high} words a prompt, ${number(mean)} on average`}
      >
        {lengths.map((one, at) => (
          <rect
            key={one.words}
            x={at + 0.08}
            width={0.84}
            y={40 - (40 * one.prompts) / longest}
            height={(40 * one.prompts) / longest}
          >
            <title>
              {one.prompts} of {one.words} words
            </title>
          </rect>
        ))}
      </svg>
      <div class="ps-ticks selma-small selma-faint">
        <span>{low}</span>
        <span>mean {mean.toFixed(1)}</span>
        <span>{high}</span>
      </div>
      <h4 class="ps-heading">Most frequent words</h4>
      <ol class="ps-frequent selma-small">
        {frequent.map((one) => (
          <li key={one.word}>
            <span class="ps-word">{shorten(one.word, 24)}</span>
            <span class="ps-track">
              <span class="ps-bar" style={`width:${(100 * one.prompts) / most}%`} />
            </span>
            <span class="ps-share">{percent(one.prompts / prompts)}</span>
          </li>
        ))}
      </ol>
      <dl class="selma-facts ps-facts selma-small">
        <div>
          <dt>different words</dt>
          <dd>
            {vocabulary} ({percent(distinct.words)})
          </dd>
        </div>
        <div>
          <dt>different pairs</dt>
          <dd>{percent(distinct.pairs)}</dd>
        </div>
      </dl>
    </section>
  )
})
