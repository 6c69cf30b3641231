"""Says as JSON what `sam local invoke` puts into each function's environment: local_environment.py TEMPLATE

What SAM CLI does before it asks Docker for anything: variables as the template has them, or as this process does.
"""

import json
import sys

from samcli.commands.local.lib.local_lambda import LocalLambdaRunner
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider


def main(template):
    stacks, _ = SamLocalStackProvider.get_stacks(template)
    provider = SamFunctionProvider(stacks)
    runner = LocalLambdaRunner(None, provider, ".", ".")
    # There is no other door to this; the version of SAM CLI is fixed.
    resolved = {it.name: runner._make_env_vars(it).resolve() for it in provider.get_all()}
    json.dump(resolved, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
