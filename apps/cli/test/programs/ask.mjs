// A program as anybody writes one: it asks OpenAI as often as it is told, by plain fetch, and prints what it got.
const [count = '1', mode = 'json', model = 'gpt-4o'] = process.argv.slice(2);
for (let index = 0; index < Number(count); index += 1) {
  const response = await fetch(`${process.env.OPENAI_BASE_URL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${process.env.OPENAI_API_KEY}` },
    body: JSON.stringify({
      ...{ model, max_tokens: 100, stream: mode === 'stream' },
      messages: [{ role: 'user', content: 'What is the capital of France?' }],
    }),
  });
  process.stdout.write(`${response.status} ${await response.text()}\n`);
}
