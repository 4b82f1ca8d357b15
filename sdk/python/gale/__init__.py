"""Gale's authoring SDK. `from gale import DAG, BashOperator`; Airflow's own import names work as well."""

from gale.dag import DAG, dag
from gale.dependencies import EdgeModifier, Label, chain, chain_linear, cross_downstream
from gale.enums import DagRunState, State, TaskInstanceState, TriggerRule, WeightRule
from gale.operator import BaseOperator
from gale.operators import BashOperator, DummyOperator, EmptyOperator
from gale.params import Param, ParamsDict
from gale.task_group import TaskGroup
from gale.variable import Variable

__all__ = ["DAG", "BaseOperator", "BashOperator", "DagRunState", "DummyOperator", "EdgeModifier", "EmptyOperator",
           "Label", "Param", "ParamsDict", "State", "TaskGroup", "TaskInstanceState", "TriggerRule", "Variable",
           "WeightRule", "chain", "chain_linear", "cross_downstream", "dag"]
