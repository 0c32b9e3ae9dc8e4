export { type ObservationStoreContractOptions, observationStoreContract } from './observation-store-contract.js';
export { type StoreContractOptions, storeContract } from './store-contract.js';
