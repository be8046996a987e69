// Appends the blocks of a file to a Hypercore: `node hypercore.mjs BLOCKS FOLDER BATCH FEW`; prints seconds as JSON.
// BLOCKS: each block is its length, four bytes big-endian, and its bytes. Nothing of a block is looked at, as Hypercore does.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Hypercore from 'hypercore'

const [path, folder, batch, few] = process.argv.slice(2)
const data = readFileSync(path)
const blocks = []
for (let at = 0; at < data.length;) {
  const length = data.readUInt32BE(at)
  blocks.push(data.subarray(at + 4, at + 4 + length))
  at += 4 + length
}

async function timed (work) {
  const since = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - since) / 1e9
}

const bulk = new Hypercore(join(folder, 'bulk'))
await bulk.ready()
const batched = await timed(async () => {
  for (let at = 0; at < blocks.length; at += Number(batch)) await bulk.append(blocks.slice(at, at + Number(batch)))
})
const one = new Hypercore(join(folder, 'one'))
await one.ready()
const first = blocks.slice(0, Number(few))
const single = await timed(async () => { for (const block of first) await one.append(block) }) / first.length
console.log(JSON.stringify({ appended: bulk.length, batched, single }))
await bulk.close()
await one.close()
