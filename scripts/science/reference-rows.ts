// Rows that need no model: true pictures (the ceiling), true pictures with two objects too many (the
// judge must mind clutter), and true pictures of another prompt (the floor).
import { Random } from '../../lib/base/random.ts'
import type { QuestionSet } from '../../lib/data/question.ts'
import type { Picture } from '../../lib/formats/picture.ts'
import { evaluatePictures } from '../../lib/metrics/evaluate.ts'
import type { PictureRow } from '../../lib/metrics/index.ts'
import { addClutter, layout, parseCaption, render } from '../../lib/shapes/index.ts'
import { inspectPicture } from '../../lib/shapes/inspect.ts'
import { shapesJudge } from '../../lib/shapes/judge.ts'

export const referenceRows = ['true pictures', 'true pictures, cluttered', 'true pictures of another prompt']

/** The rows of one reference, by its name. */
export async function scoreReference(name: string, questions: QuestionSet): Promise<PictureRow[]> {
  const random = new Random(0).derive('reference')
  const { items } = questions
  const truth = (index: number) => layout(parseCaption(items[index].text), random.derive(index))
  const draw = (index: number): Picture => {
    if (name === 'true pictures') return render(truth(index))
    if (name === 'true pictures, cluttered')
      return render(addClutter(truth(index), random.derive('clutter', index)))
    // Another prompt of the same skill, so that the floor is each skill's own.
    const others = [...items.keys()].filter((at) => at !== index && items[at].skill === items[index].skill)
    return render(truth(random.derive('other', index).pick(others)))
  }
  const { pictures } = await evaluatePictures({
    pictures: items.map((item, index) => ({ itemId: item.id, seed: 0, picture: draw(index) })),
    questions,
    judge: shapesJudge(),
    model: name,
    seeds: [0],
    inspect: inspectPicture,
  })
  return pictures
}
