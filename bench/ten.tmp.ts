import { printFigures } from './report.ts';
import { tenClients } from './simulation.ts';

printFigures(await tenClients(process.argv[2] === 'warm'));
