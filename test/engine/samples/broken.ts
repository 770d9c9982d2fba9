// Cannot be loaded, for the test of the runner.
throw new Error('broken on purpose')
