// Imports the library of prices and asks for none.
//
//   node import-pricing.mjs <pricing.js>
import { pathToFileURL } from 'node:url';

const { priceCall } = await import(pathToFileURL(process.argv[2]).href);
console.log(typeof priceCall);
