// What the votes add up to: who wins, how certain that is, and whether the raters agree.
import type { VoteResult } from '../../../lib/messages/views/blind-comparison.ts'
import { number, percent } from '../shared/format.ts'

type Share = VoteResult['rate']

const range = ({ low, high }: Share) =>
  low === null || high === null ? '' : `${percent(low)} to ${percent(high)}`

export function Results({ names, result }: { names: readonly [string, string]; result: VoteResult }) {
  const { votes, wins, losses, ties, rate, byPrompt, prompts, raters, agreement } = result
  const [a, b] = names
  if (votes === 0) return <p class="selma-faint bc-results">No votes yet.</p>
  return (
    <div class="bc-results">
      {rate.mean === null ? null : (
        <div
          class="bc-bar"
          role="img"
          aria-label={`${a} wins ${wins} votes, ${b} wins ${losses}, ${ties} ties`}
        >
          <div class="bc-a" style={`width:${100 * rate.mean}%`} />
          <div class="bc-half" />
          {rate.low === null || rate.high === null ? null : (
            <div
              class="bc-interval"
              style={`left:${100 * rate.low}%;width:${100 * (rate.high - rate.low)}%`}
            />
          )}
        </div>
      )}
      <div class="selma-head bc-legend">
        <span>
          <span class="selma-swatch bc-swatch-a" aria-hidden="true" /> {a}: {wins}
        </span>
        <span class="selma-faint">ties: {ties}</span>
        <span>
          <span class="selma-swatch bc-swatch-b" aria-hidden="true" /> {b}: {losses}
        </span>
      </div>
      <table class="bc-table">
        <tbody>
          <tr>
            <th scope="row">{a} wins, of votes that are no ties</th>
            <td>{percent(rate.mean)}</td>
            <td class="selma-faint">95 %: {range(rate)} (Wilson)</td>
          </tr>
          <tr>
            <th scope="row">
              {a}’s share over {prompts} prompt{prompts === 1 ? '' : 's'}, ties half
            </th>
            <td>{percent(byPrompt.mean)}</td>
            <td class="selma-faint">{byPrompt.low === null ? '' : `95 %: ${range(byPrompt)} (bootstrap)`}</td>
          </tr>
          {agreement ? (
            <tr>
              <th scope="row">
                {agreement.measure} of {agreement.raters} raters
              </th>
              <td>{number(agreement.kappa)}</td>
              <td class="selma-faint">
                over {agreement.n} {agreement.n === 1 ? 'pair' : 'pairs'} that all judged
              </td>
            </tr>
          ) : null}
          <tr>
            <th scope="row">Votes</th>
            <td>{votes}</td>
            <td class="selma-faint">{raters.map((one) => `${one.name} ${one.votes}`).join(', ')}</td>
          </tr>
        </tbody>
      </table>
    </div>
  )
}
