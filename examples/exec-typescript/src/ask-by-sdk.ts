// The same with OpenAI's SDK, as streams. It knows nothing of budgets either: a refusal is an APIError to it.
import OpenAI from 'openai';

const client = new OpenAI();

try {
  for (const country of ['Mexico', 'Mexico', 'Mexico', 'Mexico']) {
    const stream = await client.chat.completions.create({
      model: 'gpt-4o',
      max_tokens: 100,
      messages: [{ role: 'user', content: `What is the capital of ${country}?` }],
      stream: true,
    });
    for await (const { choices } of stream) process.stdout.write(choices[0]?.delta.content ?? '');
    process.stdout.write('\n');
  }
} catch (error) {
  if (!(error instanceof OpenAI.APIError)) throw error;
  console.log(`No answer (${error.status}, ${error.code}).`);
}
