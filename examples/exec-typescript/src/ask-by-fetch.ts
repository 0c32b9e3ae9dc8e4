// Asks a model four times by plain fetch. It knows nothing of budgets.
interface Answer {
  readonly choices: readonly { readonly message: { readonly content: string } }[];
}

for (const country of ['Mexico', 'Mexico', 'Mexico', 'Mexico']) {
  const response = await fetch(`${process.env['OPENAI_BASE_URL']}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${process.env['OPENAI_API_KEY']}` },
    body: JSON.stringify({
      model: 'gpt-4o',
      max_tokens: 100,
      messages: [{ role: 'user', content: `What is the largest city in ${country}?` }],
    }),
  });
  if (!response.ok) {
    console.log(`No answer (${response.status}).`);
    break;
  }
  const { choices } = (await response.json()) as Answer;
  console.log(choices[0]?.message.content);
}
