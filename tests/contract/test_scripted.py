"""The scripted backend of the faces' tests keeps what it imitates of the contract: the very tests of the real ones.

It checks no drafts, loads nothing and measures nothing; what a screen or a command must know of that, a test scripts.
"""

from __future__ import annotations

import pytest
from contract import test_loaded, test_model_changes, test_models
from scripted import ScriptedBackend

from orstt_core.backend import Backend

test_backend = test_models.test_it_is_a_backend
test_defaults = test_models.test_a_new_database_has_the_five_defaults
test_new_model = test_models.test_a_new_model_comes_last_neither_active_nor_default
test_weights = test_models.test_a_model_is_named_by_its_weights_unless_told
test_reference = test_models.test_a_model_is_found_by_its_id_or_its_name
test_any_name = test_models.test_names_of_any_letters_are_found
test_no_model = test_models.test_a_model_that_is_not_there_is_not_found
test_activation = test_models.test_activating_makes_it_the_only_active_one
test_deletion = test_models.test_a_deleted_model_is_gone_and_returned_as_it_was
test_no_deletion = test_models.test_neither_the_active_nor_the_default_model_can_be_deleted
test_engines = test_models.test_engines_are_listed_with_what_they_can_do
test_checks = test_models.test_validation_makes_four_checks_in_order
test_diagnosis = test_models.test_the_diagnosis_looks_at_the_active_model
test_default_model = test_model_changes.test_there_is_always_one_default_model
test_readiness = test_loaded.test_an_idle_backend_is_ready


@pytest.fixture
def backend() -> Backend:
    return ScriptedBackend()
