// The least that a program can do: what `price-one-call.mjs` is compared with.
//
//   node import-nothing.mjs
console.log('nothing');
